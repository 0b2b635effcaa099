import { databaseTool, placeOf, postgresEngine, takeBackup } from '@ikoma/backup'
import type { Action } from '../order/action.ts'
import { verdictOn } from './backup-report.ts'

/** Dumps a PostgreSQL database while it is in use, and proves the dump in a scratch database. */
export const backUpPostgres: Action<'db.postgres.backup'> = async (payload, context) => {
  const { machine: host, dryRun, marker } = context
  const { database, name, directory, s3, ...connection } = payload
  const shelf = { name, directory, s3 }
  const tool = await databaseTool()
  const engine = postgresEngine(tool, database, connection)
  if (dryRun) {
    await engine.check(host)
    const summary = `Would back up ${database} as ${connection.runAs} into ${placeOf(shelf)}, and prove that.`
    return { ok: true, summary, output: { backup: null } }
  }
  const manifest = await takeBackup({ host, tool, course: context, shelf, engine, takenBy: marker })
  return verdictOn({ manifest, state: manifest.proof ? 'proven' : 'unproven' })
}
