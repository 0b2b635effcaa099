import {
  type DatabaseTool,
  databaseTool,
  engineOf,
  getManifest,
  listBackups,
  placeOf,
  verifyBackup as restoreAndCheck,
  type Shelf,
} from '@ikoma/backup'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import type { Action } from '../order/action.ts'
import { toldBackup, verdictOn } from './backup-report.ts'

/** Restores a backup into a scratch database once more; its manifest says afterwards whether it is good. */
export const verifyBackup: Action<'backup.verify'> = async (payload, context) => {
  const { machine: host, dryRun } = context
  const { backup, runAs, ...shelf } = payload
  const tool = await databaseTool()
  const shelved = await chosen(host, tool, { shelf, backup })
  const { manifest } = shelved
  if (dryRun) {
    const summary = `Would prove ${manifest.id}, which is ${shelved.state}.`
    return { ok: true, summary, output: { backup: toldBackup(shelved) } }
  }
  const engine = engineOf(tool, { ...manifest, runAs: runAs ?? manifest.runAs })
  return verdictOn(await restoreAndCheck({ host, tool, course: context, shelf, engine, manifest }))
}

async function chosen(host: Host, tool: DatabaseTool, { shelf, backup }: { shelf: Shelf; backup: string | undefined }) {
  const all = await listBackups(host, tool, shelf)
  const found = all.find(({ manifest }) => backup === undefined || manifest.id === backup)
  if (found) return found
  // Says whether it is not there or cannot be read.
  if (backup !== undefined) await getManifest(host, tool, { shelf, id: backup })
  throw new AppError('unprocessable', `There is no backup in ${placeOf(shelf)}.`, { reason: 'backup_not_found' })
}
