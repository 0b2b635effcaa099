import type { BackupManifest, PostgresConnection } from '@ikoma/api'
import { postgresEngine } from '../engines/postgres.ts'
import type { Shelf } from '../shelf/shelf.ts'
import { withVerified } from '../verify-backup.ts'
import { type Former, otherEngine, putBack, putInPlace, type Restoring } from './restoring.ts'

export interface LivePostgres {
  database: string
  connection: PostgresConnection
}

/** Puts a backup that was just proven in the place of a database. Gives the former one. */
export async function restorePostgres(
  restoring: Restoring,
  { database, connection }: LivePostgres,
  { shelf, manifest }: { shelf: Shelf; manifest: BackupManifest },
): Promise<Former | null> {
  if (manifest.engine !== 'postgres') throw otherEngine(manifest)
  const engine = postgresEngine(restoring.tool, database, connection)
  return withVerified({ ...restoring, shelf, engine, manifest }, async (inputFile) => {
    restoring.course.signal.throwIfAborted()
    return putInPlace(restoring, engine, { inputFile, manifest })
  })
}

/** Puts the database back that a restore has kept. Gives the one that was in its place. */
export async function undoPostgresRestore(
  restoring: Restoring,
  { database, connection }: LivePostgres,
  former: string,
): Promise<Former | null> {
  const engine = postgresEngine(restoring.tool, database, connection)
  await engine.check(restoring.host)
  return putBack(restoring, engine, former)
}
