import { expect, inject, it, onTestFinished } from 'vitest'
import { aClaim, anAdvance, anOrder, sealKey } from '../testing/fixtures.ts'
import { newDatabase } from '../testing/test-database.ts'
import { openPool } from './connection.ts'
import { openPostgresStore } from './store.ts'

const key = 'app:web'

/** A store, and somebody else who holds the lock of the resource key. */
async function setup() {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  const store = await openPostgresStore({ sealKey, url })
  const pool = openPool({ url, poolSize: 2, log: () => undefined })
  onTestFinished(async () => {
    await store.close()
    await pool.end()
    await drop()
  })
  const insert = () =>
    store.insertOrders([{ order: anOrder({ scope: 'any', resourceKey: key }), actor: 'a', idempotency: null }])
  return { store, pool, insert }
}

type Setup = Awaited<ReturnType<typeof setup>>

/** What `write` does while the lock is held elsewhere: `waits`, as PostgreSQL itself says, or `done`. */
async function whileLocked({ pool }: Setup, write: () => Promise<unknown>): Promise<'waits' | 'done'> {
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query('select pg_advisory_xact_lock(hashtext($1) & 255)', [key])
  let done = false
  const writing = write().then(() => {
    done = true
  })
  let seen: 'waits' | 'done' | null = null
  while (seen === null) {
    const { rowCount } = await pool.query("select 1 from pg_locks where locktype = 'advisory' and not granted")
    if (done) seen = 'done'
    else if (rowCount) seen = 'waits'
  }
  await holder.query('commit')
  holder.release()
  await writing
  return seen
}

it('an order that joins a resource key waits for whoever passes its turn on', async () => {
  const world = await setup()
  expect(await whileLocked(world, world.insert)).toBe('waits')
})

it('an order that gives its turn up waits for whoever joins its resource key', async () => {
  const world = await setup()
  await world.insert()
  const [order] = await world.store.claimOrders(aClaim('r', { targets: ['scope:any'] }))
  if (!order) throw new Error('nothing to claim')
  const by = { runnerId: 'r', lease: order.lease }
  await world.store.advanceOrder(anAdvance(order.id, { kind: 'start', by }))
  const completion = { outcome: 'succeeded', digest: 'd', retryable: false, reason: null } as const
  const complete = () => world.store.advanceOrder(anAdvance(order.id, { kind: 'complete', by, completion }))
  expect(await whileLocked(world, complete)).toBe('waits')
})

it('so do a sweep and a release of orders that have one', async () => {
  const world = await setup()
  const order = anOrder({ scope: 'any', resourceKey: key })
  const { runAt } = order
  await world.store.insertOrders([
    { order: { ...order, runAt: runAt + 1, wait: 'time' }, actor: 'a', idempotency: null },
  ])
  expect(await whileLocked(world, () => world.store.releaseOrders(runAt + 1, 10))).toBe('waits')
  const sweep = { limit: 10, random: 0, timing: aClaim('r').timing, holdLeases: false }
  const now = order.expiresAt ?? 0
  expect(await whileLocked(world, () => world.store.sweepOrders({ ...sweep, now }))).toBe('waits')
})
