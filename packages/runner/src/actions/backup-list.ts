import { databaseTool, listBackups as readShelf } from '@ikoma/backup'
import type { Action } from '../order/action.ts'
import { toldBackup } from './backup-report.ts'

/** Reads every byte of the backups: what is told as proven is so now. */
export const listBackups: Action<'backup.list'> = async ({ limit, ...shelf }, { machine, log }) => {
  const found = await readShelf(machine, await databaseTool(), shelf)
  for (const { manifest, state } of found.slice(0, limit)) log(`${manifest.id} ${state} ${manifest.bytes} bytes`)
  const proven = found.filter(({ state }) => state === 'proven')
  const lastProven = proven[0]?.manifest.id ?? null
  const summary = `${found.length} backups of ${shelf.name}, ${proven.length} of them proven; the last: ${lastProven ?? 'none'}.`
  return {
    ok: true,
    summary,
    output: { backups: found.slice(0, limit).map(toldBackup), total: found.length, lastProven },
  }
}
