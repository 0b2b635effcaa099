import { newId } from '@ikoma/kernel'
import type { OpenedStore } from '../conformance/index.ts'
import { withClient } from './connection.ts'
import { openPostgresStore } from './store.ts'

export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

/** An empty database of its own on the tests' server. */
export async function newDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${newId().replaceAll('-', '')}`
  const server = `${serverUrl}/postgres`
  await onDatabase(server, `create database ${name}`)
  return { url: `${serverUrl}/${name}`, drop: () => onDatabase(server, `drop database ${name} with (force)`) }
}

/** An empty PostgreSQL store in a database of its own. */
export async function openTemporary(serverUrl: string): Promise<OpenedStore> {
  const database = await newDatabase(serverUrl)
  let store = await openPostgresStore(database)
  return {
    store,
    async reopen() {
      await store.close()
      store = await openPostgresStore(database)
      return store
    },
    async destroy() {
      await store.close()
      await database.drop()
    },
  }
}

/** Runs one statement beside whatever else is connected. */
export async function onDatabase(url: string, statement: string): Promise<void> {
  await withClient({ connectionString: url }, (client) => client.query(statement))
}
