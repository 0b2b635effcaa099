// pg-boss behind our HTTP routes, under our own load generator.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { query } from '../database.ts'
import { measureLife } from '../life.ts'

export interface PgBossHttpOptions {
  /** An empty database. */
  url: string
  adminKey: string
  seconds: number
}

/** The full life of orders, one order a request, with the same callers as ours: orders a second. */
export async function measurePgBossHttp({ url, adminKey, seconds }: PgBossHttpOptions): Promise<number> {
  const server = await startServer(url, adminKey)
  try {
    const rate = await measureLife({ urls: [server.url], adminKey, creators: 16, runners: 64, seconds })
    const [row] = await query(url, "select count(*)::int as completed from pgboss.job where state = 'completed'")
    if (Number(row?.completed) < rate * seconds) throw new Error(`pg-boss completed only ${row?.completed}`)
    return rate
  } finally {
    await server.stop()
  }
}

async function startServer(databaseUrl: string, adminKey: string) {
  const env = { PATH: process.env.PATH, IKOMA_ADMIN_KEY: adminKey }
  const program = join(import.meta.dirname, 'pgboss-server.ts')
  const child = spawn(process.execPath, [program, databaseUrl], { stdio: ['ignore', 'pipe', 'inherit'], env })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  if (first.done) throw new Error('the pg-boss server did not start')
  const { url } = JSON.parse(first.value) as { url: string }
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
