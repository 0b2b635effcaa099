import { askDatabase, databaseTool } from '@ikoma/backup'
import { postgresEnvironment, refuseOpenAuthFile } from '@ikoma/machine/postgres'
import type { Action } from '../order/action.ts'

/** Reads rows, within bounds of rows, bytes and time. */
export const queryPostgres: Action<'db.postgres.query'> = async (payload, { machine, dryRun }) => {
  const { database, sql, maxRows, maxBytes, timeoutMs, ...connection } = payload
  await refuseOpenAuthFile(machine, connection)
  if (dryRun) {
    const summary = `Would read from ${database} as ${connection.role ?? connection.runAs}.`
    return { ok: true, summary, output: { columns: [], rows: [], truncated: false } }
  }
  const env = postgresEnvironment(database, connection)
  const ask = { sql, maxRows, maxBytes, timeoutMs }
  const question = { part: 'postgres', verb: 'query', ask, as: connection.runAs, env } as const
  const output = await askDatabase(machine, await databaseTool(), question)
  return { ok: true, summary: `${output.rows.length} rows${output.truncated ? ', and more' : ''}.`, output }
}
