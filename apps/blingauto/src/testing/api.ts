import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Config, readContractFile } from '@ikoma/backend/config'
import { identityAccounts } from '@ikoma/backend/identity/schema'
import { openDatabase } from '@ikoma/backend/postgres'
import { testDatabase } from '@ikoma/backend/testing'
import { checkEnvironment } from '@ikoma/kernel/contract'
import { createLog } from '@ikoma/kernel/node'
import { eq } from 'drizzle-orm'
import { inject, onTestFinished } from 'vitest'
import { createApp } from '../app.ts'
import { seedSite } from '../store/seed.ts'

const folder = join(import.meta.dirname, '../..')

export type Call = (method: string, url: string, body?: object, headers?: object) => Promise<Answer>
interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
  body: any
}

/** The whole app without sockets, on a clock that the test turns, until the test ends. */
export async function setupApi(zone = 'Europe/Paris') {
  const { close, ...api } = await openApi(zone)
  onTestFinished(close)
  return api
}

/** The same, until it is closed. */
export async function openApi(zone = 'Europe/Paris', env: Record<string, string> = {}) {
  const { url, drop } = await testDatabase(inject('postgresUrl'), join(folder, 'migrations'))
  const logged: string[] = []
  const log = createLog('info', { write: (line) => logged.push(line) > 0 })
  const database = openDatabase({ url, log })
  const dataDir = mkdtempSync(join(tmpdir(), 'blingauto-'))
  const contract = readContractFile(join(folder, 'env.contract.yaml'))
  const config = new Config(contract, 'local', checkEnvironment(contract, 'local', env).values)
  const time = { now: Date.UTC(2026, 10, 30, 7) }
  const parts = { config, log, database, databaseUrl: url, dataDir }
  await seedSite(database, zone)
  const { backend, identity, jobs } = await createApp(parts, { now: () => time.now })
  const close = async () => {
    await backend.close()
    await jobs.stop()
    await database.close()
    await drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  let asked = 0
  const call: Call = async (method, path, body, headers = {}) => {
    asked += 1
    // From an address of its own: how often one address may ask is a test of its own.
    const remoteAddress = `10.0.${asked >> 8}.${asked & 255}`
    const request = { method: method as 'GET', url: path, headers: { ...headers }, remoteAddress }
    const answer = await backend.app.inject(body === undefined ? request : { ...request, payload: body })
    const isJson = String(answer.headers['content-type']).includes('json')
    return { status: answer.statusCode, body: isJson ? answer.json() : answer.body }
  }
  const { db } = database
  return {
    app: backend.app,
    parts,
    call,
    close,
    config,
    identity,
    database,
    time,
    logged,
    jobs,
    /** What is to be sent by mail, in the order in which it was written. */
    async mails(): Promise<{ to: string; subject: string; text: string }[]> {
      const query = "select data->'payload' as mail from pgboss.job where name = 'mail' order by created_on, id"
      return (await database.pool.query(query)).rows.map(({ mail }) => mail)
    },
    /** A verified account of the role, signed in. */
    async as(role: string, name = role) {
      const email = `${name}@example.org`
      const password = 'correct-horse-7-battery'
      const registered = await identity.register({ email, password })
      if (registered.status === 'taken') throw new Error(`${email} is taken`)
      const { id } = registered.account
      await db
        .update(identityAccounts)
        .set({ emailVerifiedAt: new Date(time.now), role })
        .where(eq(identityAccounts.id, id))
      const { accessToken } = await identity.login({ email, password, client: { address: '192.0.2.1' } })
      const headers = { authorization: `Bearer ${accessToken}` }
      const asHim: Call = (method, path, body, more = {}) => call(method, path, body, { ...headers, ...more })
      return { id, headers, call: asHim }
    },
  }
}
