import { DatabaseSync } from 'node:sqlite'
import type { ClaimedOrder, OrderResource, RunnerWithToken } from '@ikoma/api'
import { defaultTiming, type OrderTiming, type Role } from '@ikoma/domain'
import { createLog, newSigningKey } from '@ikoma/kernel/node'
import { sealKey } from '@ikoma/store/testing'
import { openRecycledSqlite } from '@ikoma/store/testing/recycled-sqlite'
import { AccessControl } from '../access.ts'
import { createControlPlane } from '../control-plane.ts'
import { keyring } from '../keyring.ts'
import { createMetrics } from '../metrics.ts'
import { OrderDesk } from '../orders/placement.ts'
import type { App } from '../routes/app.ts'
import { SignalDesk } from '../signal-desk.ts'
import { Alarms } from '../watch/alarms.ts'
import { Reconciler } from '../watch/reconciler.ts'
import { Scheduler } from '../watch/scheduler.ts'

export const adminKey = 'an-admin-key-for-tests-only'

interface Answer {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
  body: any
}

export interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
}

export type World = Awaited<ReturnType<typeof setup>>

/** A control plane on a store of its own, called without sockets, with a clock that the test turns. */
export async function setup(
  options: { timing?: Partial<OrderTiming>; metricsToken?: string; trustProxy?: string[]; archiveDir?: string } = {},
) {
  /** `jumped` is how far the clock was set, which the monotonic clock does not follow. */
  const time = { now: Date.UTC(2026, 0, 15, 12), jumped: 0 }
  const clock = { now: () => time.now }
  const logged: string[] = []
  const log = createLog('error', { write: (line) => logged.push(line) })
  const { store: shared, file, destroy } = await openRecycledSqlite()
  // A method that a test replaces is its own.
  const store = { ...shared }
  const timing = { ...defaultTiming, ...options.timing }
  const keys = keyring(newSigningKey(), sealKey)
  const { metricsToken = null, trustProxy = [] } = options
  const controlPlane = await createControlPlane({
    store,
    keyring: keys,
    adminKey,
    log,
    version: 'test',
    clock,
    monotonicMs: () => time.now - time.jumped,
    timing,
    metricsToken,
    trustProxy,
    retention: options.archiveDir === undefined ? null : { keepMs: 0, archiveDir: options.archiveDir },
  })
  await controlPlane.app.ready()
  const call = caller(controlPlane.app)
  const metrics = createMetrics(store, async () => true)
  const alarms = new Alarms({ log, registry: metrics.registry })
  const orders = new OrderDesk({
    store,
    access: new AccessControl({ store, clock, adminKey, keyring: keys }),
    signals: new SignalDesk(),
    clock,
    keyring: keys,
  })
  const { clockWatch } = controlPlane
  const scheduler = new Scheduler({ store, clock, clockWatch, log, alarms, orders, keyring: keys })
  const reconciler = new Reconciler({ store, clock, clockWatch, log, timing, metrics, alarms, periodMs: 30_000 })
  return {
    app: controlPlane.app,
    file,
    witness: controlPlane.witness,
    store,
    time,
    clockWatch,
    jump(byMs: number) {
      time.now += byMs
      time.jumped += byMs
    },
    timing,
    keyring: keys,
    call,
    admin: as(call, { 'x-ikoma-admin-key': adminKey }),
    reconcile: () => reconciler.tick(),
    runScheduler: () => scheduler.tick(),
    watchSchedules: () => scheduler.watch(),
    metrics,
    alarms,
    flushPresence: () => controlPlane.flush(),
    /** Lines of the log, from `error` up. */
    logged,
    log,
    editDatabase: async (statement: string, values: (string | number)[]) => editDatabase(file, statement, values),
    readRow: async (table: string, id: string) => readRow(file, table, id),
    createRunner: (body: unknown = {}) => createRunner(call, body),
    createToken: (role: Role, name: string = role) => createToken(call, role, name),
    async close() {
      await controlPlane.close()
      await destroy()
    },
  }
}

/** What somebody with access to the file could do behind our back: the triggers that keep the audit do not stop them. */
function editDatabase(file: string, statement: string, values: (string | number)[]): void {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  const triggers = database.prepare("select name, sql from sqlite_schema where type = 'trigger'").all()
  database.exec(`begin immediate; ${triggers.map(({ name }) => `drop trigger ${name}`).join('; ')}`)
  database.prepare(statement).run(...values)
  database.exec(`${triggers.map(({ sql }) => sql).join('; ')}; commit`)
  database.close()
}

/** A row as it is in the file. */
function readRow(file: string, table: string, id: string): Record<string, unknown> {
  const database = new DatabaseSync(file, { readOnly: true })
  const row = database.prepare(`select * from "${table}" where id = ?`).get(id)
  database.close()
  return row ?? {}
}

type Call = (method: string, url: string, options?: CallOptions) => Promise<Answer>

function caller(app: App): Call {
  return async (method, url, { body, headers = {} } = {}) => {
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const json = response.body !== '' && /[/+]json/.test(String(response.headers['content-type']))
    return { status: response.statusCode, headers: response.headers, body: json ? response.json() : response.body }
  }
}

/** The same calls with a credential. */
export function as(call: Call, credential: Record<string, string>): Call {
  return (method, url, options = {}) =>
    call(method, url, { ...options, headers: { ...credential, ...options.headers } })
}

async function createRunner(call: Call, body: unknown) {
  const answer = await call('POST', '/v1/runners', { body, headers: { 'x-ikoma-admin-key': adminKey } })
  const runner = answer.body as RunnerWithToken
  const credential = { 'x-runner-id': runner.id, 'x-runner-token': runner.token }
  const asRunner = as(call, credential)
  return {
    ...runner,
    credential,
    call: asRunner,
    async claim(): Promise<ClaimedOrder> {
      const claimed = await asRunner('POST', '/v1/runner/orders/claim-next')
      if (claimed.status !== 200) throw new Error(`claim answered ${claimed.status} ${JSON.stringify(claimed.body)}`)
      return claimed.body
    },
  }
}

async function createToken(call: Call, role: Role, name: string) {
  const answer = await call('POST', '/v1/tokens', { body: { name, role }, headers: { 'x-ikoma-admin-key': adminKey } })
  const { id, token } = answer.body as { id: string; token: string }
  return { id, token, call: as(call, { authorization: `Bearer ${token}` }) }
}

export async function placeSelftest(
  world: World,
  runnerId: string,
  more: Record<string, unknown> = {},
): Promise<OrderResource> {
  const answer = await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', runnerId, ...more } })
  if (answer.status !== 201) throw new Error(`placing answered ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}
