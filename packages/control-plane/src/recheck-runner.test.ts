import { afterEach, beforeEach, expect, test } from 'vitest'
import { setup, type World } from './testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

/** Asks for orders and, while it waits, has something done. */
async function whileItWaits(happens: (id: string) => Promise<unknown>) {
  const runner = await world.createRunner()
  const waiting = runner.call('POST', '/v1/runner/orders/claim-next?waitSec=20')
  await new Promise((resolve) => setTimeout(resolve, 50))
  await happens(runner.id)
  const { status, body } = await waiting
  return [status, body?.reason]
}

test('a runner whose token is renewed while it waits with the former one gets nothing', async () => {
  const renew = (id: string) => world.admin('POST', `/v1/runners/${id}/rotate-token`, { body: { overlapSec: 0 } })
  expect(await whileItWaits(renew)).toEqual([401, 'runner_auth_required'])
})

test('a runner that is removed while it waits gets nothing', async () => {
  expect(await whileItWaits((id) => world.admin('DELETE', `/v1/runners/${id}`))).toEqual([401, 'runner_auth_required'])
})
