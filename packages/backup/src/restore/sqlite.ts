import type { BackupManifest } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { refuseForeignFolders } from '@ikoma/machine/safety'
import { sqliteEngine } from '../engines/sqlite.ts'
import { askProgram, type BackupProgram } from '../program/ask.ts'
import type { Shelf } from '../shelf/shelf.ts'
import { withVerified } from '../verify-backup.ts'
import { type Former, otherEngine, putBack, putInPlace, type Restoring } from './restoring.ts'

export interface LiveSqlite {
  path: string
  /** The account that the file belongs to. */
  owner: string
}

/** Puts a backup that was just proven in the place of a database. Gives the former one. */
export async function restoreSqlite(
  restoring: Restoring,
  { path, owner }: LiveSqlite,
  { shelf, manifest }: { shelf: Shelf; manifest: BackupManifest },
): Promise<Former | null> {
  const { host, tool, course } = restoring
  if (manifest.engine !== 'sqlite') throw otherEngine(manifest)
  await refuseUnsafe(host, tool, { path, owner })
  await refuseInUse(host, tool, path)
  const engine = sqliteEngine(tool, path, owner)
  return withVerified({ ...restoring, shelf, engine, manifest }, async (inputFile) => {
    course.signal.throwIfAborted()
    await refuseInUse(host, tool, path)
    return putInPlace(restoring, engine, { inputFile, manifest })
  })
}

/** Puts the database back that a restore has kept. Gives the one that was in its place. */
export async function undoSqliteRestore(
  restoring: Restoring,
  { path, owner }: LiveSqlite,
  former: string,
): Promise<Former | null> {
  const { host, tool } = restoring
  await refuseUnsafe(host, tool, { path, owner })
  await refuseInUse(host, tool, path)
  return putBack(restoring, sqliteEngine(tool, path, owner), former)
}

/** Nobody but the account that works may have the path lead elsewhere; under our own, not even its group. */
async function refuseUnsafe(host: Host, tool: BackupProgram, { path, owner }: LiveSqlite): Promise<void> {
  await refuseForeignFolders(host, path, owner, { ownGroup: owner !== tool.self.owner })
}

/** Rejects while a program has the database open, which would go on with the file that is taken away. */
export async function refuseInUse(host: Host, tool: BackupProgram, path: string): Promise<void> {
  const { pids } = await askProgram(host, tool, { part: 'files', verb: 'holders', ask: { path } })
  if (pids.length === 0) return
  const who = pids.join(', ')
  throw new AppError('unprocessable', `${path} is open in process ${who}. Stop the service that uses it first.`, {
    reason: 'database_in_use',
  })
}
