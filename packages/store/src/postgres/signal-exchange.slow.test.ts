import type { Signal, Store } from '@ikoma/domain'
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { mergeSignals } from '../signals.ts'
import { anOrder, sealKey } from '../testing/fixtures.ts'
import { newDatabase, onDatabase } from '../testing/test-database.ts'
import { decodeSignal, encodeSignals } from './signal-payloads.ts'
import { openPostgresStore } from './store.ts'

async function setup(listenUrl?: null): Promise<{ one: Store; two: Store; url: string }> {
  const database = await newDatabase(inject('postgresUrl'))
  const options = listenUrl === null ? { ...database, listenUrl } : database
  const [one, two] = await Promise.all([
    openPostgresStore({ sealKey, ...options }),
    openPostgresStore({ sealKey, ...options }),
  ])
  onTestFinished(async () => {
    await Promise.all([one.close(), two.close()])
    await database.drop()
  })
  return { one, two, url: database.url }
}

function place(store: Store, scope: string) {
  return store.insertOrders([{ order: anOrder({ scope }), actor: 'admin-key', idempotency: null }])
}

/** When `store` hears of a claimable order of this scope. */
function hearing(store: Store, scope: string): Promise<number> {
  return new Promise((resolve) => {
    const stop = store.subscribe((signal) => {
      if (signal.kind !== 'claimable' || !signal.targets.includes(`scope:${scope}`)) return
      stop()
      resolve(performance.now())
    })
  })
}

describe('notifications', () => {
  it('wake another process within 100 ms', async () => {
    const { one, two } = await setup()
    await eventuallyListening(one, two)
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const heard = hearing(two, `round-${round}`)
      await place(one, `round-${round}`)
      const committed = performance.now()
      times.push((await heard) - committed)
    }
    expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(100)
  })

  it('are told to the process that caused them once', async () => {
    const { one, two } = await setup()
    await eventuallyListening(one, two)
    const own: Signal[] = []
    one.subscribe((signal) => own.push(signal))
    const heard = hearing(two, 'mine')
    await place(one, 'mine')
    await heard
    expect(own.filter(({ kind }) => kind === 'claimable')).toHaveLength(1)
  })

  it('follow a commit that had nothing to tell', async () => {
    const { one, two } = await setup()
    await one.touchRunners([])
    await eventuallyListening(one, two)
  })

  it('come again after the listening connection broke, and what was missed is looked for', async () => {
    const { one, two, url } = await setup()
    await eventuallyListening(one, two)
    const caughtUp = new Promise<void>((resolve) => two.subscribe(({ kind }) => kind === 'access' && resolve()))
    await onDatabase(url, "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'")
    await caughtUp
    const heard = hearing(two, 'again')
    await place(one, 'again')
    await heard
  })

  it('are not needed: without LISTEN a poll makes caches look again', async () => {
    const { one, two } = await setup(null)
    const kinds = new Set<string>()
    two.subscribe(({ kind }) => kinds.add(kind))
    await place(one, 'any')
    await vi.waitFor(() => expect([...kinds].toSorted()).toEqual(['access', 'audit']), { timeout: 8000 })
  })
})

/** The connection for LISTEN is made after the store opens. */
async function eventuallyListening(one: Store, two: Store): Promise<void> {
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    const heard = hearing(to, 'hello')
    await vi.waitFor(async () => {
      await place(from, 'hello')
      await Promise.race([heard, new Promise((_, reject) => setTimeout(reject, 100))])
    })
  }
}

describe('payloads', () => {
  it('say each name once and stay under what PostgreSQL takes', () => {
    const ids = Array.from({ length: 600 }, (_, index) => `order-${index}-${'x'.repeat(30)}`)
    const payloads = encodeSignals('me', [{ kind: 'orders', ids }, { kind: 'orders', ids }, { kind: 'access' }])
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(7900)
    const said = mergeSignals(payloads.flatMap((payload) => decodeSignal('other', payload) ?? []))
    expect(said).toEqual([{ kind: 'orders', ids }, { kind: 'access' }])
  })

  it('are bounded: what does not fit is left to polling', () => {
    const targets = Array.from({ length: 20_000 }, (_, index) => `scope:${index}-${'x'.repeat(40)}`)
    expect(encodeSignals('me', [{ kind: 'claimable', targets }])).toHaveLength(32)
    expect(encodeSignals('me', [{ kind: 'claimable', targets: ['x'.repeat(9000)] }])).toEqual([])
  })

  it('of this process and of strangers are ignored', () => {
    const [payload = ''] = encodeSignals('me', [{ kind: 'audit' }])
    expect(decodeSignal('me', payload)).toBeNull()
    for (const strange of ['not json', 'null', '{}', '{"signal":{"kind":"orders"}}']) {
      expect(decodeSignal('me', strange)).toBeNull()
    }
  })
})
