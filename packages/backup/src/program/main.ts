// A program of its own: it opens what belongs to an app under the app's account, never as root. It is asked in
// its environment, moves the bytes of a backup over standard input and output, and answers in the last line of the other.
import { writeSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseVerbs } from './ask.ts'
import { digestOf } from './bytes.ts'
import { holdersOf } from './holders.ts'
import { problemOf } from './problem.ts'
import { copySqlite, proveSqlite } from './sqlite/sqlite.ts'
import { restoreSqlite, undoSqlite } from './sqlite/swap.ts'

type Verbs = { [V in keyof DatabaseVerbs]: (ask: DatabaseVerbs[V]['ask']) => Promise<DatabaseVerbs[V]['answer']> }

const verbs: Verbs = {
  async digest({ files }) {
    const digests = []
    for (const file of files) digests.push(await digestOf(file))
    return digests
  },
  async clear({ directory }) {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
    return null
  },
  holders: async ({ path }) => ({ pids: await holdersOf(path) }),
  'sqlite-copy': copySqlite,
  'sqlite-prove': proveSqlite,
  'sqlite-restore': restoreSqlite,
  'sqlite-undo': undoSqlite,
  // SQLite needs no driver of PostgreSQL, which takes longer to load than most answers, and a directory no bucket's.
  'postgres-ready': async (ask) => (await import('./postgres/query.ts')).postgresState(ask),
  'postgres-query': async (ask) => (await import('./postgres/query.ts')).queryPostgres(ask),
  'postgres-copy': async () => (await import('./postgres/postgres.ts')).copyPostgres(),
  'postgres-prove': async (ask) => (await import('./postgres/postgres.ts')).provePostgres(ask),
  'postgres-restore': async (ask) => (await import('./postgres/swap.ts')).restorePostgres(ask),
  'postgres-undo': async (ask) => (await import('./postgres/swap.ts')).undoPostgres(ask),
  's3-list': async (ask) => (await import('./s3/s3.ts')).listS3(ask),
  's3-read': async (ask) => (await import('./s3/s3.ts')).readS3(ask),
  's3-write': async (ask) => (await import('./s3/s3.ts')).writeS3(ask),
  's3-put': async (ask) => (await import('./s3/s3.ts')).putS3(ask),
  's3-get': async (ask) => (await import('./s3/s3.ts')).getS3(ask),
  's3-digest': async (ask) => (await import('./s3/s3.ts')).digestS3(ask),
  's3-remove': async (ask) => (await import('./s3/s3.ts')).removeS3(ask),
}

const [verb] = process.argv.slice(2)
const { IKOMA_ASK: ask = 'null' } = process.env
delete process.env.IKOMA_ASK

try {
  const run = verbs[verb as keyof Verbs] as (ask: never) => Promise<unknown>
  say({ answer: await run(JSON.parse(ask) as never) })
} catch (error) {
  const { reason, message } = problemOf(error)
  say({ problem: { reason, message } })
  process.exitCode = 1
}

function say(told: object): void {
  writeSync(2, `\n${JSON.stringify(told)}\n`)
}
