import type { Store } from '@ikoma/domain'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { anOrder, sealKey } from '../testing/fixtures.ts'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { newDatabase } from '../testing/test-database.ts'
import { openPostgresStore } from './store.ts'

let server: PostgresServer
let admin: pg.Client
beforeAll(async () => {
  server = await startPostgres()
  admin = new pg.Client(`${server.url}/postgres`)
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await server.stop()
})
beforeEach(() => set('synchronous_standby_names', ''))

async function set(name: string, value: string): Promise<void> {
  await admin.query(`alter system set ${name} = '${value}'`)
  await admin.query('select pg_reload_conf()')
  await vi.waitFor(async () => {
    const { rows } = await admin.query('select current_setting($1) as value', [name])
    expect(rows[0].value).toBe(value)
  })
}

async function setup(): Promise<Store> {
  const { url } = await newDatabase(server.url)
  const store = await openPostgresStore({ sealKey, url })
  onTestFinished(async () => {
    await set('synchronous_standby_names', '')
    await store.close()
  })
  return store
}

const place = (store: Store) =>
  store.insertOrders([{ order: anOrder({ scope: 'any' }), actor: 'admin-key', idempotency: null }])
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

async function waiting(): Promise<number[]> {
  const { rows } = await admin.query("select pid from pg_stat_activity where wait_event = 'SyncRep'")
  return rows.map(({ pid }) => pid)
}

describe('a standby that must confirm and does not', () => {
  it('makes the store not ready within three seconds, and one connection wait, however often it is asked', async () => {
    const store = await setup()
    await store.ping()
    await set('synchronous_standby_names', 'nobody')
    for (let n = 0; n < 3; n += 1) {
      const since = performance.now()
      const asked = await Promise.all(Array.from({ length: 20 }, () => refusalOf(store.ping())))
      expect(performance.now() - since).toBeLessThan(3_500)
      for (const refused of asked) expect(refused).toMatchObject({ code: 'unavailable', reason: 'store_silent' })
    }
    expect(await waiting()).toHaveLength(1)
    await set('synchronous_standby_names', '')
    await vi.waitFor(() => store.ping(), { timeout: 5_000 })
    expect(await waiting()).toEqual([])
  }, 30_000)

  it('is named by a look that waits behind such a write, which holds a lock', async () => {
    const store = await setup()
    await store.ping()
    await set('synchronous_standby_names', 'nobody')
    const write = refusalOf(place(store))
    await vi.waitFor(async () => expect(await waiting()).toHaveLength(1))
    expect(await refusalOf(store.ping())).toMatchObject({ reason: 'store_standby_silent' })
    await set('synchronous_standby_names', '')
    await write
  }, 40_000)

  it('makes a change neither acknowledged nor refused for certain, and leaves no connection that waits for ever', async () => {
    const store = await setup()
    await set('synchronous_standby_names', 'nobody')
    const writes = await Promise.all([refusalOf(place(store)), refusalOf(store.holdLeadership('x', 'a', 1, 1))])
    for (const refused of writes) expect(String(refused)).toMatch(/may or may not/)
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 10_000 })
  }, 40_000)

  it('is said when an administrator ends the wait: the server answers COMMIT, and nothing is acknowledged', async () => {
    const store = await setup()
    await set('synchronous_standby_names', 'nobody')
    const placing = refusalOf(place(store))
    const [pid] = await vi.waitFor(async () => {
      const pids = await waiting()
      expect(pids).toHaveLength(1)
      return pids
    })
    await admin.query('select pg_cancel_backend($1)', [pid])
    expect(await placing).toMatchObject({ code: 'unavailable', reason: 'store_standby_silent' })
    // The connection is whole: what was said of the former commit is not said of the next.
    await set('synchronous_standby_names', '')
    expect(await place(store)).toMatchObject([{}])
  }, 20_000)
})

describe('a server that changes under a store that is open', () => {
  it('is not ready once it may lose what it acknowledges, and ready again', async () => {
    const store = await setup()
    await store.ping()
    const change = async (value: string) => {
      const { rows } = await admin.query("select datname from pg_database where datname like 'test%'")
      for (const { datname } of rows) await admin.query(`alter database ${datname} set synchronous_commit = ${value}`)
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'ikoma%'")
    }
    await change('off')
    await vi.waitFor(async () => expect(await refusalOf(store.ping())).toMatchObject({ reason: 'store_not_durable' }))
    await change('on')
    await vi.waitFor(() => store.ping())
  })

  it('says of each change that it was not made while it is read-only', async () => {
    const store = await setup()
    await set('default_transaction_read_only', 'on')
    onTestFinished(() => set('default_transaction_read_only', 'off'))
    for (const work of [() => place(store), () => store.ping(), () => store.holdLeadership('x', 'a', 1, 1)]) {
      await vi.waitFor(async () => expect(await refusalOf(work())).toMatchObject({ reason: 'store_read_only' }))
      expect(String(await refusalOf(work()))).toMatch(/nothing was changed/)
    }
  })
})

describe('a server that is not there', () => {
  it('is named by host and port, and what was to be changed was not', async () => {
    const gone = await startPostgres()
    const store = await openPostgresStore({ sealKey, url: `${gone.url}/postgres` })
    onTestFinished(() => store.close())
    await gone.stop()
    for (const work of [() => place(store), () => store.ping()]) {
      await vi.waitFor(async () => {
        const refused = await refusalOf(work())
        const cause = { message: `no connection to 127.0.0.1:${gone.port} (ECONNREFUSED)` }
        expect(refused).toMatchObject({ reason: 'store_unreachable', cause })
        expect(String(refused)).toContain('nothing was changed')
        expect(String(refused)).not.toContain(String(gone.port))
      })
    }
  })
})
