import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { expectedOf } from '../expected.ts'
import { askDatabase, type DatabaseTool } from '../program/ask.ts'
import type { Engine } from './engine.ts'

/** A SQLite database, opened as its owner. */
export function sqliteEngine(tool: DatabaseTool, path: string, runAs: string): Engine {
  return {
    source: { engine: 'sqlite', source: path, runAs, connection: null },
    extension: 'sqlite.gz',
    check: async () => {},
    copy: (host, { file, workDir }) =>
      askDatabase(host, tool, { verb: 'sqlite-copy', ask: { path, workDir }, as: runAs, outputFile: file }),
    async prove(host, { file, workDir, manifest }) {
      const ask = { workDir, expected: expectedOf(manifest) }
      return (await askDatabase(host, tool, { verb: 'sqlite-prove', ask, as: runAs, inputFile: file })).checks
    },
  }
}

/** Who a database file belongs to; rejects when there is none. */
export async function ownerOfDatabase(host: Host, path: string): Promise<string> {
  const entry = await host.look(path)
  if (entry?.kind === 'file') return entry.owner
  const what = entry === null ? 'There is no database' : 'There is no regular file'
  throw new AppError('unprocessable', `${what} ${path}. Name the file itself, not a link to it.`, {
    reason: 'no_such_database',
  })
}
