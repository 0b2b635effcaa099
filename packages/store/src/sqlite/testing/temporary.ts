import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { OpenedStore } from '../../conformance/index.ts'
import { openSqliteStore } from '../store.ts'

/** An empty SQLite store in a directory of its own. */
export async function openTemporary(): Promise<OpenedStore> {
  const directory = mkdtempSync(join(tmpdir(), 'ikoma-sqlite-'))
  const file = join(directory, 'ikoma.db')
  let store = await openSqliteStore({ file })
  return {
    store,
    async reopen() {
      await store.close()
      store = await openSqliteStore({ file })
      return store
    },
    async destroy() {
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The name of a file that does not exist yet; its directory goes away with the test. */
export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ikoma-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'ikoma.db')
}
