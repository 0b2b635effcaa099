import type { BackupManifest } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { refuseForeignFolders } from '@ikoma/machine/safety'
import { sqliteEngine } from '../engines/sqlite.ts'
import { expectedOf } from '../expected.ts'
import { newBackupId } from '../ids.ts'
import { askDatabase, type DatabaseTool } from '../program/ask.ts'
import type { Shelf } from '../shelf/shelf.ts'
import { withVerified } from '../verify-backup.ts'
import { type Former, formerOf, otherEngine, type Restoring } from './restoring.ts'

export interface LiveSqlite {
  path: string
  /** Whose it is. */
  owner: string
}

/** Puts a backup that was just proven in the place of a database. Gives what was there. */
export async function restoreSqlite(
  { host, tool, course }: Restoring,
  { path, owner }: LiveSqlite,
  { shelf, manifest }: { shelf: Shelf; manifest: BackupManifest },
): Promise<Former | null> {
  if (manifest.engine !== 'sqlite') throw otherEngine(manifest)
  await refuseUnsafe(host, tool, { path, owner })
  await refuseInUse(host, tool, path)
  const engine = sqliteEngine(tool, path, owner)
  return withVerified({ host, tool, course, shelf, engine, manifest }, async (inputFile) => {
    course.signal.throwIfAborted()
    await refuseInUse(host, tool, path)
    const ask = { path, id: newBackupId(), expected: expectedOf(manifest) }
    const restore = () => askDatabase(host, tool, { verb: 'sqlite-restore', ask, as: owner, inputFile })
    return formerOf(ask.id, await course.step('restore', restore))
  })
}

/** Puts the database back that a restore has kept. */
export async function undoSqliteRestore(
  { host, tool, course }: Restoring,
  { path, owner }: LiveSqlite,
  former: string,
): Promise<Former | null> {
  await refuseUnsafe(host, tool, { path, owner })
  await refuseInUse(host, tool, path)
  const ask = { path, former, id: newBackupId() }
  const undo = () => askDatabase(host, tool, { verb: 'sqlite-undo', ask, as: owner })
  return formerOf(ask.id, await course.step('undo', undo))
}

/** Under our own account, what is written must not be turned elsewhere. */
async function refuseUnsafe(host: Host, tool: DatabaseTool, { path, owner }: LiveSqlite): Promise<void> {
  if (owner === tool.self.owner) await refuseForeignFolders(host, path, tool.self.owner)
}

/** A program that has it open would go on with the file that is taken away. */
export async function refuseInUse(host: Host, tool: DatabaseTool, path: string): Promise<void> {
  const { pids } = await askDatabase(host, tool, { verb: 'holders', ask: { path } })
  if (pids.length === 0) return
  const who = pids.join(', ')
  throw new AppError('unprocessable', `${path} is open in process ${who}. Stop the service that uses it first.`, {
    reason: 'database_in_use',
  })
}
