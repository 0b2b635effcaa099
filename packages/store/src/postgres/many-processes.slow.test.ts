import { auditGenesis, type Placement, type Store } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import { AppError, newId } from '@ikoma/kernel'
import { expect, inject, it, onTestFinished } from 'vitest'
import { aClaim, anAdvance, anEntry, anOrder, aRunner, aServer, noon, sealKey } from '../testing/fixtures.ts'
import { newDatabase } from '../testing/test-database.ts'
import { openPostgresStore } from './store.ts'

/** Several stores on one database stand for several processes: they share nothing else. */
async function setup(count: number): Promise<Store[]> {
  const database = await newDatabase(inject('postgresUrl'))
  // Opened at once, as processes started together would.
  const stores = await Promise.all(
    Array.from({ length: count }, () => openPostgresStore({ sealKey, ...database, poolSize: 4 })),
  )
  onTestFinished(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await database.drop()
  })
  return stores
}

async function insert(store: Store, ...requests: Parameters<typeof anOrder>[0][]): Promise<Placement[]> {
  return store.insertOrders(
    requests.map((request) => ({ order: anOrder(request), actor: 'admin-key', idempotency: null })),
  )
}

function reasonsOf(results: PromiseSettledResult<unknown>[]): string[] {
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return []
    return result.reason instanceof AppError ? result.reason.reason : String(result.reason)
  })
}

it('gives no order to two of 200 claimers over four processes', async () => {
  const stores = await setup(4)
  const requests = Array.from({ length: 300 }, (_, index) => ({ scope: `s${index % 3}` }))
  await Promise.all(stores.map((store) => insert(store, ...requests)))
  const claimed: string[] = []
  const claimer = async (store: Store, index: number) => {
    const targets = ['scope:s0', 'scope:s1', 'scope:s2']
    for (;;) {
      const orders = await store.claimOrders(aClaim(`runner-${index}`, { targets, max: 1 + (index % 3) }))
      if (orders.length === 0) return
      claimed.push(...orders.map(({ id }) => id))
    }
  }
  await Promise.all(stores.flatMap((store, s) => Array.from({ length: 50 }, (_, c) => claimer(store, s * 50 + c))))
  // What one process had locked and left, another may have missed: its runners are told, and ask again.
  await Promise.all(stores.map((store, index) => claimer(store, 1000 + index)))
  expect(new Set(claimed).size).toBe(claimed.length)
  expect(claimed).toHaveLength(1200)
})

it('holds a runner to its concurrency when it claims through every process at once', async () => {
  const stores = await setup(3)
  await insert(stores[0] as Store, ...Array.from({ length: 60 }, () => ({ scope: 'any' })))
  const claims = Array.from({ length: 30 }, (_, index) =>
    (stores[index % 3] as Store).claimOrders(aClaim('busy', { targets: ['scope:any'], max: 3, concurrency: 7 })),
  )
  expect((await Promise.all(claims)).flat()).toHaveLength(7)
})

it('places one order for one idempotency key, whichever process is asked', async () => {
  const stores = await setup(3)
  const ask = (index: number, key: string) =>
    (stores[index % 3] as Store).insertOrders([
      { order: anOrder({ scope: 'any' }), actor: 'a', idempotency: { key, digest: 'same' } },
    ])
  for (let round = 0; round < 10; round += 1) {
    const placements = (await Promise.all(Array.from({ length: 12 }, (_, i) => ask(i, `key-${round}`)))).flat()
    expect(placements.filter(({ kind }) => kind === 'inserted')).toHaveLength(1)
    expect(placements.filter(({ kind }) => kind === 'repeated')).toHaveLength(11)
    const ids = new Set(placements.map((each) => ('order' in each ? each.order.id : null)))
    expect(ids.size).toBe(1)
  }
})

it('keeps one live order for one dedupe key, and answers the others with it', async () => {
  const stores = await setup(3)
  for (let round = 0; round < 10; round += 1) {
    const asked = stores.flatMap((store) => [1, 2].map(() => insert(store, { scope: 'any', dedupeKey: `d${round}` })))
    const placements = (await Promise.all(asked)).flat()
    const winner = placements.find(({ kind }) => kind === 'inserted')
    const others = placements.filter((placement) => placement !== winner)
    const id = winner?.kind === 'inserted' ? winner.order.id : null
    expect(others).toEqual(others.map(() => ({ kind: 'duplicate', orderId: id })))
  }
})

it('never lets two orders of one resource key run, and runs them all', async () => {
  const stores = await setup(3)
  const keys = ['app:a', 'app:b', 'app:c']
  await Promise.all(
    stores.map((store) => insert(store, ...keys.flatMap((k) => Array(10).fill({ scope: 'any', resourceKey: k })))),
  )
  const running = new Set<string>()
  let ended = 0
  const runner = async (store: Store, index: number) => {
    while (ended < 90) {
      const by = { runnerId: `runner-${index}`, lease: newId() }
      const [order] = await store.claimOrders(aClaim(by.runnerId, { targets: ['scope:any'], leases: [by.lease] }))
      if (!order) continue
      const key = order.resourceKey ?? ''
      expect(running.has(key)).toBe(false)
      running.add(key)
      await store.advanceOrder(anAdvance(order.id, { kind: 'start', by }))
      running.delete(key)
      const completion = { outcome: 'succeeded', digest: 'd', retryable: false, reason: null } as const
      const decision = await store.advanceOrder(anAdvance(order.id, { kind: 'complete', by, completion }))
      expect(decision?.kind).toBe('changed')
      ended += 1
    }
  }
  await Promise.all(stores.flatMap((store, s) => [0, 1, 2].map((r) => runner(store, s * 3 + r))))
  expect(await stores[0]?.countOrders()).toEqual({ SUCCEEDED: 90 })
})

it('redeems an enrolment once', async () => {
  const stores = await setup(3)
  const enrolment = { id: newId(), name: 'web', scopes: [], labels: {}, concurrency: 1, serverId: null }
  const life = { createdBy: 'a', createdAt: noon, expiresAt: noon + 1000, redeemedAt: null, runnerId: null }
  await stores[0]?.insertEnrolment({ ...enrolment, ...life, tokenHash: 't' }, anEntry('enrolment.created', 'e'))
  const redeemed = Array.from({ length: 12 }, (_, index) => {
    const identity = {
      id: newId(),
      tokenHash: `h${index}`,
      publicKey: null,
      sealKey: null,
      runnerSealKey: null,
      version: null,
      capabilities: {},
      name: null,
    }
    return (stores[index % 3] as Store).redeemEnrolment('t', identity, noon)
  })
  const results = await Promise.allSettled(redeemed)
  expect(reasonsOf(results)).toEqual(Array(11).fill('enrolment_invalid'))
})

it('attaches a runner to one server only, and to none once it is deleted', async () => {
  const [one, two] = (await setup(2)) as [Store, Store]
  for (let round = 0; round < 10; round += 1) {
    const [runner, left, right] = [aRunner(), aServer(), aServer()]
    await one.insertRunner(runner, anEntry('runner.created', 'r'))
    await one.insertServer(left, anEntry('server.created', 's'))
    await one.insertServer(right, anEntry('server.created', 's'))
    const attach = (store: Store, id: string) =>
      store.updateServer(id, { runnerId: runner.id }, anEntry('server.attached', 's'))
    const results = await Promise.allSettled([attach(one, left.id), attach(two, right.id)])
    expect(reasonsOf(results)).toEqual(['runner_already_attached'])
    const free = (await one.findServer(left.id))?.runnerId === null ? left.id : right.id
    const used = free === left.id ? right.id : left.id
    await one.updateServer(used, { runnerId: null }, anEntry('server.detached', 's'))
    await Promise.allSettled([attach(one, free), two.deleteRunner(runner.id, anEntry('runner.deleted', 'r'))])
    expect(await one.findRunner(runner.id)).toBeNull()
    expect((await one.findServer(free))?.runnerId).toBeNull()
  }
})

it('moves a schedule on once and has one leader', async () => {
  const stores = await setup(3)
  const schedule = {
    id: newId(),
    name: 's',
    cron: '* * * * *',
    timeZone: 'UTC',
    order: {},
    missedRuns: 'skip',
  } as const
  const rest = { alertAfterSec: null, paused: false, lastRunAt: null, lastOrderId: null, lastProblem: null }
  const made = { createdAt: noon, createdBy: 'a', answerable: null, seal: 's', nextRunAt: noon }
  await stores[0]?.insertSchedule({ ...schedule, ...rest, ...made }, anEntry('schedule.created', 's'))
  const run = { nextRunAt: noon + 1, lastRunAt: noon, lastOrderId: null, lastProblem: null }
  const advanced = await Promise.all(stores.map((store) => store.advanceSchedule(schedule.id, noon, run)))
  expect(advanced.filter(Boolean)).toHaveLength(1)
  const led = await Promise.all(
    stores.map((store, index) => store.holdLeadership('reconciler', `p${index}`, 1000, noon)),
  )
  expect(led.filter(({ held }) => held)).toHaveLength(1)
})

it('sweeps and releases each due order once when every process does so', async () => {
  const stores = await setup(3)
  const requests = Array.from({ length: 60 }, (_, index) => ({ scope: 'any', resourceKey: `k${index % 5}` }))
  await insert(stores[0] as Store, ...requests.map((each) => ({ ...each, expiresAt: noon + 1 })))
  const sweep = { now: noon + 1, limit: 500, random: 0.5, timing: aClaim('x').timing, holdLeases: false }
  const swept = await Promise.all(stores.map((store) => store.sweepOrders(sweep)))
  expect(swept.reduce((sum, { actions }) => sum + (actions['order.expired'] ?? 0), 0)).toBe(60)
  await insert(stores[0] as Store, ...requests.map((each) => ({ ...each, runAt: noon + 5 })))
  const released = await Promise.all(stores.map((store) => store.releaseOrders(noon + 5, 500)))
  expect(released.reduce((sum, count) => sum + count, 0)).toBe(60)
  expect(await stores[0]?.countOrders()).toEqual({ EXPIRED: 60, QUEUED: 60 })
  const claims = stores.map((s, i) =>
    s.claimOrders(aClaim(`r${i}`, { targets: ['scope:any'], max: 20, now: noon + 5 })),
  )
  expect((await Promise.all(claims)).flat()).toHaveLength(5)
})

it('chains one audit without a gap over parallel writes of three processes', async () => {
  const stores = await setup(3)
  const write = async (store: Store) => {
    for (let round = 0; round < 40; round += 1) {
      const server = aServer()
      await Promise.all([
        insert(store, { scope: 'any' }, { scope: 'any' }),
        store.insertServer(server, anEntry('server.created', `server:${server.id}`)),
        store.claimOrders(aClaim(newId(), { targets: ['scope:any'] })),
      ])
    }
  }
  // A tail by seq must see each event exactly once while they are being written.
  const tailed: number[] = []
  let writing = true
  const tail = async (store: Store) => {
    for (let last = false; !last; ) {
      last = !writing
      const events = await store.listAudit({}, tailed.at(-1) ?? 0, 1000)
      tailed.push(...events.map(({ seq }) => seq))
    }
  }
  const tailing = tail(stores[0] as Store)
  await Promise.all(stores.map(write))
  writing = false
  await tailing
  const events = await (stores[0] as Store).listAudit({}, 0, 10_000)
  expect(events.length).toBeGreaterThanOrEqual(3 * 40 * 3)
  expect(verifyAudit(auditGenesis, events)).toBeNull()
  expect(tailed).toEqual(events.map(({ seq }) => seq))
  expect(await stores[1]?.auditHead()).toEqual({ seq: events.length, hash: events.at(-1)?.hash })
})
