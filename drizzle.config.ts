// `npx drizzle-kit push` brings a developer's database to the current schema: DATABASE_URL when set, else the file DB_PATH.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { defineConfig } from 'drizzle-kit'

const databaseUrl = process.env.DATABASE_URL
const file = process.env.DB_PATH ?? './data/ikoma.db'
if (!databaseUrl) mkdirSync(dirname(file), { recursive: true })

export default databaseUrl
  ? defineConfig({
      dialect: 'postgresql',
      schema: './packages/store/src/postgres/schema.ts',
      dbCredentials: { url: databaseUrl },
    })
  : defineConfig({ dialect: 'sqlite', schema: './packages/store/src/sqlite/schema.ts', dbCredentials: { url: file } })
