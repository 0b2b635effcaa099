import { join } from 'node:path'
import { migrate } from '@ikoma/backend/postgres'
import { newId } from '@ikoma/kernel'
import pg from 'pg'

export const migrationsFolder = join(import.meta.dirname, '../../migrations')

/** A database of its own on the tests' server, with the schema as the migrations leave it. */
export async function freshDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${newId().replaceAll('-', '')}`
  await onServer(serverUrl, `create database ${name}`)
  const url = `${serverUrl}/${name}`
  await migrate(url, migrationsFolder).upgrade()
  return { url, drop: () => onServer(serverUrl, `drop database ${name} with (force)`) }
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${serverUrl}/postgres` })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
