import { databaseTool, getManifest, restorePostgres as restore, undoPostgresRestore } from '@ikoma/backup'
import { needPostgresTools } from '@ikoma/machine/postgres'
import type { Action } from '../order/action.ts'
import { restoredResult } from './backup-report.ts'

/** Puts a proven backup in the place of a database that nobody is connected to, or takes that back. */
export const restorePostgres: Action<'db.postgres.restore'> = async (payload, context) => {
  const { machine: host, dryRun } = context
  const { database, name, directory, s3, backup, undo, ...connection } = payload
  const shelf = { name, directory, s3 }
  const tool = await databaseTool()
  await needPostgresTools(host)
  const manifest = backup === undefined ? null : await getManifest(host, tool, { shelf, id: backup })
  if (dryRun) {
    const what = manifest ? `restore ${manifest.id}` : `put back the database before ${undo}`
    const summary = `Would ${what} as ${database}, and keep the present one beside it.`
    return { ok: true, summary, output: { restored: null, former: null } }
  }
  const running = { host, tool, course: context }
  const live = { database, connection }
  const former = manifest
    ? await restore(running, live, { shelf, manifest })
    : await undoPostgresRestore(running, live, undo ?? '')
  return restoredResult({ place: database, backup, undo }, former)
}
