import type { PostgresConnection } from '@ikoma/api'
import { needPostgresTools, postgresEnvironment, refuseOpenAuthFile } from '@ikoma/machine/postgres'
import { expectedOf } from '../expected.ts'
import { askDatabase, type DatabaseTool } from '../program/ask.ts'
import type { Engine } from './engine.ts'

/** A PostgreSQL database, dumped and restored by PostgreSQL's own programs. */
export function postgresEngine(tool: DatabaseTool, database: string, connection: PostgresConnection): Engine {
  const { runAs } = connection
  const env = postgresEnvironment(database, connection)
  return {
    source: { engine: 'postgres', source: database, runAs, connection },
    extension: 'pgdump',
    async check(host) {
      await needPostgresTools(host)
      await refuseOpenAuthFile(host, connection)
    },
    copy: (host, { file }) =>
      askDatabase(host, tool, { verb: 'postgres-copy', ask: null, as: runAs, env, outputFile: file }),
    async prove(host, { file, scratchId, manifest }) {
      const ask = { database, id: scratchId, expected: expectedOf(manifest) }
      return (await askDatabase(host, tool, { verb: 'postgres-prove', ask, as: runAs, env, inputFile: file })).checks
    },
  }
}
