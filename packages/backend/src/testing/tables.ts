import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api-postgres'
import type { PgTable } from 'drizzle-orm/pg-core'
import { newDatabase } from '../../../store/src/testing/test-database.ts'
import { type Database, openDatabase } from '../postgres/index.ts'

interface TestTables {
  url: string
  database: Database
  destroy(): Promise<void>
}

/** An empty database of its own with these tables, as generated migrations make them. */
export async function openTables(
  serverUrl: string,
  schema: Record<string, unknown>,
  log: Parameters<typeof openDatabase>[0]['log'],
): Promise<TestTables> {
  const { url, drop } = await newDatabase(serverUrl)
  const database = openDatabase({ url, log })
  const tables = schema as Record<string, PgTable>
  for (const statement of await generateMigration(await generateDrizzleJson({}), await generateDrizzleJson(tables)))
    await database.pool.query(statement)
  return {
    url,
    database,
    async destroy() {
      await database.close()
      await drop()
    },
  }
}
