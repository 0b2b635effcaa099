import type { BackupManifest, PostgresConnection } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { needPostgresTools, postgresEnvironment, refuseOpenAuthFile } from '@ikoma/machine/postgres'
import { askProgram, type BackupProgram } from '../program/ask.ts'
import { type Engine, engineOfKind } from './engine.ts'

/** A PostgreSQL database, dumped and restored by PostgreSQL's own programs. */
export function postgresEngine(tool: BackupProgram, database: string, connection: PostgresConnection): Engine {
  const { runAs } = connection
  const env = postgresEnvironment(database, connection)
  return engineOfKind(tool, {
    source: { engine: 'postgres', source: database, runAs, connection },
    extension: 'pgdump',
    env,
    async check(host) {
      await needPostgresTools(host)
      await refuseOpenAuthFile(host, connection)
      // An hour's dump that nobody may prove is no backup.
      await askProgram(host, tool, { part: 'postgres', verb: 'provable', ask: { source: database }, as: runAs, env })
    },
  })
}

/** The engine of the database that a backup was taken of, which is reached as it was then. */
export function postgresOf(tool: BackupProgram, { id, source, runAs, connection }: BackupManifest): Engine {
  if (connection !== null) return postgresEngine(tool, source, { ...connection, runAs })
  throw new AppError('unprocessable', `The manifest of ${id} does not say how its PostgreSQL is reached.`, {
    reason: 'backup_damaged',
  })
}
