import { databaseTool, ownerOfDatabase, placeOf, sqliteEngine, takeBackup } from '@ikoma/backup'
import type { Action } from '../order/action.ts'
import { verdictOn } from './backup-report.ts'

/** Copies a SQLite database while it is in use, and proves the copy. */
export const backUpSqlite: Action<'db.sqlite.backup'> = async ({ path, ...shelf }, context) => {
  const { machine: host, dryRun, marker } = context
  const owner = await ownerOfDatabase(host, path)
  if (dryRun) {
    const summary = `Would back up ${path} as ${owner} into ${placeOf(shelf)}, and prove that.`
    return { ok: true, summary, output: { backup: null } }
  }
  const tool = await databaseTool()
  const engine = sqliteEngine(tool, path, owner)
  const manifest = await takeBackup({ host, tool, course: context, shelf, engine, takenBy: marker })
  return verdictOn({ manifest, state: manifest.proof ? 'proven' : 'unproven' })
}
