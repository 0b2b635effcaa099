import { auditGenesis, type Store } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import { AppError } from '@ikoma/kernel'
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { aClaim, anAdvance, anEntry, anOrder, aServer, sealKey } from '../testing/fixtures.ts'
import { startPostgres } from '../testing/postgres-server.ts'
import { newDatabase, onDatabase } from '../testing/test-database.ts'
import { openPostgresStore, type PostgresOptions } from './store.ts'

async function setup(patch: Partial<PostgresOptions> = {}) {
  const database = await newDatabase(inject('postgresUrl'))
  const store = await openPostgresStore({ sealKey, ...database, ...patch })
  onTestFinished(async () => {
    await store.close()
    await database.drop()
  })
  return { store, url: database.url }
}

async function place(store: Store, patch: Parameters<typeof anOrder>[0] = {}): Promise<string> {
  const order = anOrder({ scope: 'any', ...patch })
  await store.insertOrders([{ order, actor: 'admin-key', idempotency: null }])
  return order.id
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof AppError) return error
  throw new Error('expected an AppError', { cause: error })
}

describe('a PostgreSQL that is killed and started again', () => {
  it('makes calls reject as unavailable meanwhile, loses nothing it confirmed, and is used again', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const store = await openPostgresStore({ sealKey, url: `${server.url}/postgres` })
    onTestFinished(() => store.close())
    const confirmed = new Set<string>()
    let writing = true
    const writer = async () => {
      while (writing) await place(store).then((id) => confirmed.add(id), refuseOther)
    }
    const writers = Array.from({ length: 8 }, writer)
    await vi.waitFor(() => expect(confirmed.size).toBeGreaterThan(50))
    await server.kill()
    expect(await refusal(store.findRunner('x'))).toMatchObject({ code: 'unavailable', reason: 'store_unreachable' })
    expect(await refusal(place(store))).toMatchObject({ code: 'unavailable', reason: 'store_unreachable' })
    expect(await refusal(store.ping())).toMatchObject({ code: 'unavailable' })
    await server.restart()
    await vi.waitFor(() => store.ping(), { timeout: 10_000 })
    const before = confirmed.size
    await vi.waitFor(() => expect(confirmed.size).toBeGreaterThan(before))
    writing = false
    await Promise.all(writers)
    const found = await Promise.all([...confirmed].map((id) => store.findOrder(id)))
    expect(found).not.toContain(null)
    expect(verifyAudit(auditGenesis, await store.listAudit({}, 0, 100_000))).toBeNull()
  }, 60_000)
})

function refuseOther(error: unknown): void {
  expect(error).toMatchObject({ code: 'unavailable', reason: expect.stringMatching(/^store_(unreachable|starting)$/) })
}

describe('a PostgreSQL that is not there', () => {
  it('refuses to open, and says so without the password', async () => {
    const error = await refusal(openPostgresStore({ sealKey, url: 'postgres://ikoma:secret@127.0.0.1:1/ikoma' }))
    expect(error).toMatchObject({ code: 'unavailable', reason: 'store_unreachable' })
    expect(`${error.message} ${error.cause}`).not.toContain('secret')
  })
})

describe('a call that PostgreSQL refuses', () => {
  it('fails alone, and its caller learns neither SQL nor values', async () => {
    const { store } = await setup()
    const nul = { dedupeKey: 'hidden\0value' }
    const calls = Array.from({ length: 20 }, (_, index) => place(store, index === 7 ? nul : {}))
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status)).toEqual(
      calls.map((_, index) => (index === 7 ? 'rejected' : 'fulfilled')),
    )
    const error = await refusal(calls[7] as Promise<string>)
    expect(error).toMatchObject({ code: 'unprocessable', reason: 'value_not_storable' })
    expect(`${error.message} ${error.cause}`).not.toMatch(/hidden|insert|select/)
    expect(await store.countOrders()).toEqual({ QUEUED: 19 })
  })

  it('takes any text inside a payload, a report or a log, as JSON has it', async () => {
    const { store } = await setup()
    const odd = { text: 'NUL \0, half \ud800, quote " and \\u0000', z: 1, a: { 10: 'x', b: [null] } }
    const id = await place(store, { payload: odd })
    const [order] = await store.claimOrders(aClaim('r', { targets: ['scope:any'] }))
    expect(JSON.stringify(order?.payload)).toBe(JSON.stringify(odd))
    const lines = [{ at: 1, stream: 'stdout', text: odd.text }] as const
    await store.appendLog(id, { attempt: 1, seq: 1, lines: [...lines] }, 1)
    expect(await store.listLog(id, null, 9)).toEqual([{ attempt: 1, seq: 1, lines }])
  })

  it('that is locked out waits no longer than the lock timeout', async () => {
    const { store, url } = await setup()
    await place(store)
    const blocked = onDatabase(url, 'begin; lock table servers in exclusive mode; select pg_sleep(7); commit')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const error = await refusal(store.insertServer(aServer(), anEntry('server.created', 's')))
    expect(error).toMatchObject({ code: 'unavailable', reason: 'store_locked' })
    await place(store)
    await blocked
  }, 20_000)
})

describe('a batch of which one call is held up by somebody outside', () => {
  it('is made but for that one, within the time that its callers wait', async () => {
    const { store, url } = await setup()
    const ids = await Promise.all(Array.from({ length: 200 }, () => place(store)))
    const [held = ''] = ids.slice(77)
    const locked = onDatabase(
      url,
      `begin; select 1 from orders where id = '${held}' for update; select pg_sleep(12); commit`,
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    const since = performance.now()
    const results = await Promise.allSettled(
      ids.map((orderId) => store.advanceOrder(anAdvance(orderId, { kind: 'cancel', reason: null }))),
    )
    expect(performance.now() - since).toBeLessThan(12_000)
    expect(results.flatMap(({ status }, at) => (status === 'rejected' ? [ids[at]] : []))).toEqual([held])
    expect(await store.countOrders()).toEqual({ QUEUED: 1, CANCELED: 199 })
    await locked
  }, 40_000)
})

describe('without prepared statements, as behind an old PgBouncer', () => {
  it('works the same', async () => {
    const { store } = await setup({ prepare: false, listenUrl: null })
    const id = await place(store, { resourceKey: 'k' })
    expect(await store.claimOrders(aClaim('r', { targets: ['scope:any'] }))).toMatchObject([{ id }])
    expect(await store.findOrder(id)).toMatchObject({ status: 'CLAIMED' })
  })
})
