import type { Backup, OutputOf } from '@ikoma/api'
import type { ShelvedBackup, Stray } from '@ikoma/backup'
import type { ActionResult } from '../order/action.ts'

/** A backup as an order's report has it. */
export function toldBackup({ manifest, state }: ShelvedBackup): Backup {
  const { version, tables, schemaSha256, connection, suspect = null, ...told } = manifest
  const counts = Object.values(tables)
  return { ...told, suspect, state, tableCount: counts.length, rowCount: counts.reduce((sum, rows) => sum + rows, 0) }
}

/** Good only when it is proven: everything else is a failed order, whose output says which. */
export function verdictOn(shelved: ShelvedBackup): ActionResult<{ backup: Backup }> {
  const { manifest, state } = shelved
  const output = { backup: toldBackup(shelved) }
  const { id, bytes, proof, problem } = manifest
  if (state === 'proven') {
    return { ok: true, summary: `${id} (${bytes} bytes) is proven: ${proof?.checks.join(', ')}.`, output }
  }
  if (state === 'suspect') return suspectResult(shelved)
  const summary = `${id} is ${state}, and not good. ${problem ?? ''}`.trim()
  const code = state === 'unproven' ? 'backup_not_proven' : `backup_${state}`
  return { ok: false, summary, output, errors: [{ code, message: summary }], retryable: false }
}

/** It was restored and checked, and yet may be of a database that lost what it held: somebody has to look. */
function suspectResult(shelved: ShelvedBackup): ActionResult<{ backup: Backup }> {
  const { id, suspect } = shelved.manifest
  const cure = `If that is meant, order backup.verify with "backup": "${id}" and "accept": true; until then the good ones before it stay.`
  const summary = `${id} is suspect, and not good. ${suspect} ${cure}`
  const errors = [{ code: 'backup_suspect', message: summary }]
  return { ok: false, summary, output: { backup: toldBackup(shelved) }, errors, retryable: false }
}

/** What the list of backups has to say first. */
export function warningOf(newestFirst: readonly ShelvedBackup[], strays: readonly Stray[]): string {
  const suspect = newestFirst.filter(({ state }) => state === 'suspect')
  const [newest] = newestFirst
  const latest = suspect[0] === newest ? ` The newest is one: ${newest?.manifest.suspect}` : ''
  const fallen = suspect.length === 0 ? '' : ` Warning: ${suspect.length} of them suspect.${latest}`
  const [first] = strays
  const more = strays.length > 1 ? ` and ${strays.length - 1} more` : ''
  return first === undefined ? fallen : `${fallen} Left out: ${first.file}${more}, for ${first.why}`
}

/** A backup to restore, or a restore to undo, and into which place. */
interface Restore {
  place: string
  backup?: string | undefined
  undo?: string | undefined
}

export function wouldRestore({ place, backup, undo }: Restore): ActionResult<OutputOf<'db.sqlite.restore'>> {
  const what = backup === undefined ? `put back the database before ${undo}` : `restore ${backup}`
  const summary = `Would ${what} as ${place}, and keep the present one beside it.`
  return { ok: true, summary, output: { restored: null, former: null } }
}

/** What a restore, or the undo of one, has done. */
export function restoredResult(
  { place, backup, undo }: Restore,
  former: { id: string; place: string } | null,
): ActionResult<OutputOf<'db.sqlite.restore'>> {
  const kept = former ? ` The former one is kept as ${former.place}; undo with ${former.id}.` : ''
  const what = backup === undefined ? `The database before ${undo} is back.` : `${place} is what ${backup} holds.`
  return { ok: true, summary: `${what}${kept}`, output: { restored: backup ?? null, former } }
}
