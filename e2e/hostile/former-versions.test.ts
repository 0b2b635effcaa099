import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createControlPlane, type Keyring, keyring } from '@ikoma/control-plane'
import {
  defaultTiming,
  isTerminal,
  type ListedOrder,
  type Order,
  orderBytes,
  type RowProblem,
  type Store,
} from '@ikoma/domain'
import { createLog, signingKeyFromPem } from '@ikoma/kernel/node'
import { type Opened, openPostgresStore, openSqliteStore } from '@ikoma/store'
import {
  anOrder,
  type FormerDatabase,
  formerVersions,
  newDatabase,
  onDatabase,
  readFormer,
  restorePostgres,
  restoreSqlite,
} from '@ikoma/store/testing'
import { describe, expect, inject, type TestContext, test } from 'vitest'
import { until } from '../kit/until.ts'

const adminKey = 'the-admin-key-of-this-test'
const hourMs = 3_600_000
type Dialect = 'sqlite' | 'postgres'

interface Opening {
  former: FormerDatabase
  store: Store
  opened: Opened
  clock: { now(): number; add(ms: number): void }
  keys: Keyring
  url: string | null
}

/** The kept database of a former version, opened by this one a moment after it was left. */
async function open(t: TestContext, kept: string | FormerDatabase, dialect: Dialect): Promise<Opening> {
  const former = typeof kept === 'string' ? readFormer(kept, dialect) : kept
  let now = former.made.at + 5_000
  const clock = {
    now: () => now,
    add(ms: number) {
      now += ms
    },
  }
  const sealKey = Buffer.from(former.keys['seal.key'].trim(), 'base64url')
  const keys = keyring(signingKeyFromPem(former.keys['signing.pem']), sealKey)
  let opened: Opened = { formerUntil: -1, sealed: {}, refused: {} }
  const onOpened = (said: Opened) => {
    opened = said
  }
  const sealing = { sealKey, formerUntil: null, onOpened, clock }
  if (dialect === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'ikoma-former-'))
    const file = join(folder, 'ikoma.db')
    restoreSqlite(former, file)
    const store = await openSqliteStore({ file, ...sealing })
    t.onTestFinished(async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    })
    return { former, store, opened, clock, keys, url: null }
  }
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  await restorePostgres(former, url)
  const store = await openPostgresStore({ url, ...sealing })
  t.onTestFinished(async () => {
    await store.close()
    await drop()
  })
  return { former, store, opened, clock, keys, url }
}

async function serve(t: TestContext, { store, keys, clock }: Opening) {
  const log = createLog('silent' as 'fatal', process.stderr)
  const controlPlane = await createControlPlane({ store, keyring: keys, adminKey, log, version: 'test', clock })
  const url = await controlPlane.listen('127.0.0.1', 0)
  t.onTestFinished(() => controlPlane.close())
  return async (method: string, path: string, headers: Record<string, string>, body?: unknown) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const given = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(url + path, { method, headers: { ...headers, ...json }, ...given })
    const text = await answer.text()
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
    return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as any }
  }
}

async function problems(store: Store): Promise<RowProblem[]> {
  const found: RowProblem[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await store.checkRows({ limit: 3, cursor })
    found.push(...page.items)
    if (page.next === null) return found
    cursor = page.next
  }
}

async function allOrders(store: Store): Promise<ListedOrder[]> {
  return (await store.listOrders({}, { limit: 200, cursor: null })).items
}

describe.each(['sqlite', 'postgres'] as const)('on %s', (dialect) => {
  describe.each(formerVersions)('a database of %s', (name) => {
    test('is sealed again, every row of it, once', async (t) => {
      const { store, opened, former } = await open(t, name, dialect)
      expect(opened.refused).toEqual({})
      expect(opened.sealed).toMatchObject({ orders: former.rows.orders?.length, tokens: 2, runners: 1, servers: 1 })
      expect(await problems(store)).toEqual([])
      const events = await store.listAudit({ action: 'seals.renewed' }, 0, 10)
      expect(events).toHaveLength(1)
      expect(JSON.parse(events[0]?.data ?? '')).toEqual({ sealed: opened.sealed, refused: {} })
    })

    test('is served: people and runners get in, every order is finished, schedules fire', async (t) => {
      const opening = await open(t, name, dialect)
      const { store, clock, former } = opening
      const { made } = former
      const call = await serve(t, opening)
      const admin = { 'x-ikoma-admin-key': adminKey }
      const runner = { 'x-runner-id': made.runner.id, 'x-runner-token': made.runner.token }
      expect((await call('GET', '/v1/orders', { authorization: `Bearer ${made.viewer}` })).status).toBe(200)
      const finish = async (id: string, lease: string, start: boolean) => {
        const held = { ...runner, 'x-ikoma-lease': lease }
        if (start) expect((await call('POST', `/v1/runner/orders/${id}/start`, held)).status).toBe(200)
        const report = { report: { ok: true, summary: 'done' } }
        expect((await call('POST', `/v1/runner/orders/${id}/complete`, held, report)).status).toBe(200)
      }
      await finish(made.orders.running ?? '', made.leases.running, false)
      await finish(made.orders.claimed ?? '', made.leases.claimed, true)
      expect((await call('POST', `/v1/orders/${made.orders.pending}/approve`, admin, {})).status).toBe(200)
      const claimAll = async () => {
        for (;;) {
          const claimed = await call('POST', '/v1/runner/orders/claim-next', runner)
          if (claimed.status === 204) return
          expect(claimed.status, JSON.stringify(claimed.body)).toBe(200)
          await finish(claimed.body.id, claimed.body.lease, true)
        }
      }
      await claimAll()
      clock.add(3 * hourMs + 60_000)
      const schedule = () => call('GET', `/v1/schedules/${made.schedule}`, admin)
      await until('the schedule to fire', async () => {
        const { lastOrderId, lastProblem } = (await schedule()).body
        expect(lastProblem).toBeNull()
        return lastOrderId
      })
      await until('the waiting order to be released', async () => {
        await claimAll()
        return (await store.findOrder(made.orders.waiting ?? ''))?.status === 'SUCCEEDED'
      })
      const orders = await allOrders(store)
      expect(orders.filter(({ status }) => !isTerminal(status)).map(({ id, status }) => [id, status])).toEqual([])
      expect(orders.filter(({ statusReason }) => statusReason === 'seal_broken')).toEqual([])
      expect(await problems(store)).toEqual([])
    })

    test('of which a row was edited before keeps that row out', async (t) => {
      const former = readFormer(name, dialect)
      const queued = former.rows.orders?.find(({ id }) => id === former.made.orders.queued)
      if (!queued) throw new Error('no queued order')
      queued.timeout_sec = 9
      const { store, opened } = await open(t, former, dialect)
      expect(opened.refused).toEqual({ orders: 1 })
      expect(await problems(store)).toMatchObject([
        { table: 'orders', id: former.made.orders.queued, problem: 'broken' },
      ])
    })
  })
})

describe('beside a process of the former version', () => {
  /** What that process writes: its own seal, and no column that it does not know. */
  function formerOrder({ keys, clock, former }: Opening): Order {
    const order = anOrder({ runnerId: former.made.runner.id }, undefined, clock.now())
    return { ...order, seal: keys.seal(orderBytes(order)) }
  }

  async function insertFormer(opening: Opening): Promise<string> {
    const order = formerOrder(opening)
    const { id, type, status, target, runnerId, createdAt, expiresAt, seal } = order
    const values = [id, type, status, target, runnerId, seal, order.createdBy].map((text) => `'${text}'`)
    await onDatabase(
      opening.url ?? '',
      `insert into orders (id, type, status, target, runner_id, seal, created_by, retry_class, attempt, lost_claims,
        max_attempts, timeout_sec, run_at, expires_at, due_at, payload, labels, risk, priority, dry_run, created_at)
      values (${values.join(', ')}, 'idempotent', 0, 0, 3, 60, ${createdAt}, ${expiresAt}, ${expiresAt}, '{}', '{}',
        'read', 0, false, ${createdAt});
      insert into audit (seq, at, actor, action, subject, data, hash) select seq + 1, ${createdAt}, 'admin-key',
        'order.placed', 'order:${id}', '{"to":"QUEUED"}', 'x' from audit_head;
      update audit_head set seq = seq + 1, hash = 'x'`,
    )
    return id
  }

  const claimNext = async (opening: Opening) => {
    const call = await opening.store.claimOrders({
      runnerId: opening.former.made.runner.id,
      targets: [`runner:${opening.former.made.runner.id}`],
      types: ['runner.selftest'],
      max: 1,
      concurrency: 100,
      leases: ['a-lease'],
      now: opening.clock.now(),
      timing: defaultTiming,
    })
    return call.map(({ id }) => id)
  }

  test('what it places is taken for a day, and refused afterwards', async (t) => {
    const opening = await open(t, 'd02e234', 'postgres')
    expect(opening.opened.formerUntil).toBe(opening.clock.now() + 24 * hourMs)
    const id = await insertFormer(opening)
    expect(await claimNext(opening)).toEqual([id])
    opening.clock.add(25 * hourMs)
    const late = await insertFormer(opening)
    expect(await claimNext(opening)).toEqual([])
    expect(await opening.store.findOrder(late)).toMatchObject({ status: 'CANCELED', statusReason: 'seal_broken' })
  })

  test('what it changes of a row of ours is taken, and sealed again', async (t) => {
    const opening = await open(t, 'd02e234', 'postgres')
    const { url, store } = opening
    const { queued = '' } = opening.former.made.orders
    await onDatabase(
      url ?? '',
      `update orders set status = 'CANCELED', status_reason = 'canceled' where id = '${queued}'`,
    )
    const { running = '' } = opening.former.made.orders
    await onDatabase(url ?? '', `update orders set heartbeat_at = heartbeat_at + 1 where id = '${running}'`)
    expect((await store.findOrder(queued))?.fault).toBeUndefined()
    const by = { runnerId: opening.former.made.runner.id, lease: opening.former.made.leases.running }
    const beat = { orderId: running, event: { kind: 'heartbeat', by }, actor: 'runner', random: 0 } as const
    const decision = await store.advanceOrder({ ...beat, now: opening.clock.now(), timing: defaultTiming })
    expect(decision?.kind).toBe('kept')
    opening.clock.add(25 * hourMs)
    expect((await store.findOrder(running))?.fault).toBeUndefined()
    expect((await store.findOrder(queued))?.fault).toBe('broken')
  })

  test('what we place has the seal that it verifies', async (t) => {
    const opening = await open(t, 'd02e234', 'postgres')
    const call = await serve(t, opening)
    const body = { type: 'runner.selftest', runnerId: opening.former.made.runner.id }
    const { id } = (await call('POST', '/v1/orders', { 'x-ikoma-admin-key': adminKey }, body)).body
    const order = await opening.store.findOrder(id)
    if (!order) throw new Error('no order')
    expect(opening.keys.isSeal(orderBytes(order), order.seal)).toBe(true)
  })

  test('what a newer version sealed is left alone, and named', async (t) => {
    const opening = await open(t, 'd02e234', 'postgres')
    const { queued = '' } = opening.former.made.orders
    await onDatabase(opening.url ?? '', `update orders set row_seal = '3.x' where id = '${queued}'`)
    const call = await serve(t, opening)
    const { made } = opening.former
    const runner = { 'x-runner-id': made.runner.id, 'x-runner-token': made.runner.token }
    const claimed = await call('POST', '/v1/runner/orders/claim-next?max=20', runner)
    expect(claimed.body.orders.map(({ id }: { id: string }) => id)).not.toContain(queued)
    const cancel = await call('POST', `/v1/orders/${queued}/cancel`, { 'x-ikoma-admin-key': adminKey }, {})
    expect([cancel.status, cancel.body.reason]).toEqual([409, 'newer_version'])
    expect(cancel.body.detail).toContain('newer IKOMA')
    expect((await opening.store.findOrder(queued))?.status).toBe('QUEUED')
  })
})
