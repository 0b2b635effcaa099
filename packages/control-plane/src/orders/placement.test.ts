import { orderBody } from '@ikoma/api'
import type { Placement, Store } from '@ikoma/domain'
import { systemClock } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { expect, test } from 'vitest'
import { AccessControl } from '../access.ts'
import { keyring } from '../keyring.ts'
import { SignalDesk } from '../signal-desk.ts'
import { OrderDesk } from './placement.ts'

test('a runner that waits is woken before its order is committed, so that its claim shares the commit', async () => {
  const commit = Promise.withResolvers<Placement[]>()
  const store = { insertOrders: () => commit.promise } as unknown as Store
  const signals = new SignalDesk()
  const keys = keyring(newSigningKey(), Buffer.alloc(32, 7))
  const common = { store, clock: systemClock, keyring: keys }
  const access = new AccessControl({ ...common, adminKey: 'unused' })
  const desk = new OrderDesk({ ...common, access, signals })
  const never = new AbortController().signal
  const since = performance.now()
  const woken = signals.watch(['scope:vps']).wait(60_000, never)

  const placing = desk.place(orderBody.parse({ type: 'runner.selftest', scope: 'vps' }), { actor: 'test' })
  await woken
  expect(performance.now() - since).toBeLessThan(30_000)
  commit.reject(new Error('no'))
  await expect(placing).rejects.toThrow('no')
})
