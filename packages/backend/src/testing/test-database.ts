import { newId } from '@ikoma/kernel'
import pg from 'pg'
import { migrate } from '../postgres/index.ts'

export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

/** A database of its own on the tests' server, with the schema as the migrations of `folder` leave it. */
export async function testDatabase(serverUrl: string, folder: string): Promise<TestDatabase> {
  const name = `test_${newId().replaceAll('-', '')}`
  await onServer(serverUrl, `create database ${name}`)
  const url = `${serverUrl}/${name}`
  await migrate(url, folder).upgrade()
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
