import type { ChangeOutput, OutputOf, PayloadOf, PostgresConnection } from '@ikoma/api'
import { askProgram, localProgram } from '@ikoma/backup'
import type { Desired } from '@ikoma/machine'
import { postgresEnvironment, refuseOpenAuthFile } from '@ikoma/machine/postgres'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { converging } from './converging.ts'
import { refuseOthersRights } from './others-rights.ts'
import { postgresDatabase } from './postgres-database.ts'
import { postgresRole } from './postgres-role.ts'

export const postgres = {
  'db.postgres.ready': askReady,
  'db.postgres.query': query,
  'db.postgres.role.apply': administering(postgresRole),
  'db.postgres.database.apply': administering(postgresDatabase),
} satisfies FamilyActions<'postgres'>

/** Asks PostgreSQL a question of its own: that it listens is not enough. */
async function askReady(
  payload: PayloadOf<'db.postgres.ready'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'db.postgres.ready'>>> {
  const { machine } = context
  const { database, timeoutMs, ...connection } = payload
  await refuseOthersRights(connection.runAs, context)
  await refuseOpenAuthFile(machine, connection)
  const env = postgresEnvironment(database, connection)
  const question = { part: 'postgres', verb: 'ready', ask: { timeoutMs }, as: connection.runAs, env } as const
  const output = await askProgram(machine, await localProgram(), question)
  const { version, connections, maxConnections, inRecovery } = output
  const standby = inRecovery ? ', which only reads for now' : ''
  const summary = `PostgreSQL ${version} answers${standby}; ${connections} of ${maxConnections} connections are taken.`
  return { ok: true, summary, output }
}

/** Reads rows, within bounds of rows, bytes and time. */
async function query(
  payload: PayloadOf<'db.postgres.query'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'db.postgres.query'>>> {
  const { machine, dryRun } = context
  const { database, sql, maxRows, maxBytes, timeoutMs, ...connection } = payload
  await refuseOthersRights(connection.runAs, context)
  await refuseOpenAuthFile(machine, connection)
  if (dryRun) {
    const summary = `Would read from ${database} as ${connection.role ?? connection.runAs}.`
    return { ok: true, summary, output: { columns: [], rows: [], truncated: false } }
  }
  const env = postgresEnvironment(database, connection)
  const ask = { sql, maxRows, maxBytes, timeoutMs }
  const question = { part: 'postgres', verb: 'query', ask, as: connection.runAs, env } as const
  const output = await askProgram(machine, await localProgram(), question)
  return { ok: true, summary: `${output.rows.length} rows${output.truncated ? ', and more' : ''}.`, output }
}

/** Makes so what is PostgreSQL's own, as an account that orders may work as. */
function administering<P extends PostgresConnection>(desired: (payload: P) => Desired) {
  const apply = converging((payload: P) => [desired(payload)])
  return async (payload: P, context: ActionContext): Promise<ActionResult<ChangeOutput>> => {
    await refuseOthersRights(payload.runAs, context)
    await refuseOpenAuthFile(context.machine, payload)
    return apply(payload, context)
  }
}
