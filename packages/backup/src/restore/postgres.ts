import type { BackupManifest, PostgresConnection } from '@ikoma/api'
import { needPostgresTools, postgresEnvironment, refuseOpenAuthFile } from '@ikoma/machine/postgres'
import { postgresEngine } from '../engines/postgres.ts'
import { expectedOf } from '../expected.ts'
import { newBackupId } from '../ids.ts'
import { askDatabase } from '../program/ask.ts'
import type { Shelf } from '../shelf/shelf.ts'
import { withVerified } from '../verify-backup.ts'
import { type Former, formerOf, otherEngine, type Restoring } from './restoring.ts'

export interface LivePostgres {
  database: string
  connection: PostgresConnection
}

/** Puts a backup that was just proven in the place of a database. Gives what was there. */
export async function restorePostgres(
  { host, tool, course }: Restoring,
  { database, connection }: LivePostgres,
  { shelf, manifest }: { shelf: Shelf; manifest: BackupManifest },
): Promise<Former | null> {
  if (manifest.engine !== 'postgres') throw otherEngine(manifest)
  const engine = postgresEngine(tool, database, connection)
  return withVerified({ host, tool, course, shelf, engine, manifest }, async (inputFile) => {
    course.signal.throwIfAborted()
    const ask = { database, id: newBackupId(), expected: expectedOf(manifest) }
    const question = { verb: 'postgres-restore', ask, as: connection.runAs } as const
    const streams = { inputFile, env: postgresEnvironment(database, connection) }
    const restored = await course.step('restore', () => askDatabase(host, tool, { ...question, ...streams }))
    return formerOf(ask.id, restored)
  })
}

/** Puts the database back that a restore has kept. */
export async function undoPostgresRestore(
  { host, tool, course }: Restoring,
  { database, connection }: LivePostgres,
  former: string,
): Promise<Former | null> {
  await needPostgresTools(host)
  await refuseOpenAuthFile(host, connection)
  const ask = { database, former, id: newBackupId() }
  const question = { verb: 'postgres-undo', ask, as: connection.runAs } as const
  const env = postgresEnvironment(database, connection)
  return formerOf(ask.id, await course.step('undo', () => askDatabase(host, tool, { ...question, env })))
}
