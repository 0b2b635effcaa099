import type { BackupManifest } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { refuseForeignFolders } from '@ikoma/machine/safety'
import type { BackupProgram } from '../program/ask.ts'
import { type Engine, engineOfKind } from './engine.ts'

/** A SQLite database, opened as its owner. */
export function sqliteEngine(tool: BackupProgram, path: string, runAs: string): Engine {
  return engineOfKind(tool, {
    source: { engine: 'sqlite', source: path, runAs, connection: null },
    extension: 'sqlite.gz',
    check: async () => {},
  })
}

/** The engine of the file that a backup was taken of. */
export function sqliteOf(tool: BackupProgram, { source, runAs }: BackupManifest): Engine {
  return sqliteEngine(tool, source, runAs)
}

/**
 * The account that a database file belongs to; rejects when there is no file, or when somebody else could have it opened
 * with that account's rights elsewhere: the file and what lies beside it are then that account's, or root's doing.
 */
export async function ownerOfDatabase(host: Host, path: string): Promise<string> {
  const entry = await host.look(path)
  if (entry?.kind === 'file') {
    await refuseForeignFolders(host, path, entry.owner, { ownGroup: true })
    return entry.owner
  }
  const what = entry === null ? 'There is no database' : 'There is no regular file'
  throw new AppError('unprocessable', `${what} ${path}. Name the file itself, not a link to it.`, {
    reason: 'no_such_database',
  })
}
