import { askDatabase, databaseTool } from '@ikoma/backup'
import { postgresEnvironment, refuseOpenAuthFile } from '@ikoma/machine/postgres'
import type { Action } from '../order/action.ts'

/** Asks PostgreSQL a question of its own: that it listens is not enough. */
export const checkPostgres: Action<'db.postgres.ready'> = async (payload, { machine }) => {
  const { database, timeoutMs, ...connection } = payload
  await refuseOpenAuthFile(machine, connection)
  const env = postgresEnvironment(database, connection)
  const question = { part: 'postgres', verb: 'ready', ask: { timeoutMs }, as: connection.runAs, env } as const
  const output = await askDatabase(machine, await databaseTool(), question)
  const { version, connections, maxConnections, inRecovery } = output
  const standby = inRecovery ? ', which only reads for now' : ''
  const summary = `PostgreSQL ${version} answers${standby}; ${connections} of ${maxConnections} connections are taken.`
  return { ok: true, summary, output }
}
