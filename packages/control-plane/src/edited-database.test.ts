import { tokenPrefix } from '@ikoma/domain'
import { hashToken, newToken } from '@ikoma/kernel/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { as, setup, type World } from './testing/world.ts'

// What somebody gets who can write the database, but not read the control plane's keys.
let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

async function shellOrder() {
  const runner = await world.createRunner({ scopes: ['shell'] })
  const body = { type: 'shell.run', runnerId: runner.id, payload: { argv: ['/bin/true'] } }
  const { id } = (await world.admin('POST', '/v1/orders', { body })).body
  const state = async () => (await world.admin('GET', `/v1/orders/${id}`)).body
  return { id, runner, state }
}

const withdrawn = { status: 'CANCELED', statusReason: 'seal_broken' }
const approve = 'update orders set status = ?, approval = ? where id = ?'

test('no order runs that nobody approved, whatever its row says', async () => {
  for (const approval of ['', 'admin-key', `${'A'.repeat(43)} admin-key`]) {
    const { id, runner, state } = await shellOrder()
    await world.editDatabase(approve, ['QUEUED', approval, id])
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    expect(await state()).toMatchObject(withdrawn)
  }
})

test("no order runs with another order's approval", async () => {
  const approved = await shellOrder()
  await world.admin('POST', `/v1/orders/${approved.id}/approve`)
  const { approval } = (await world.store.findOrder(approved.id)) ?? {}
  const { id, runner, state } = await shellOrder()
  await world.editDatabase(approve, ['QUEUED', approval ?? '', id])
  expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
  expect(await state()).toMatchObject(withdrawn)
})

test('an order that was edited while it waited cannot be approved', async () => {
  const { id } = await shellOrder()
  await world.editDatabase('update orders set payload = ? where id = ?', ['{"argv":["/bin/false"]}', id])
  const answer = await world.admin('POST', `/v1/orders/${id}/approve`)
  expect([answer.status, answer.body.reason]).toEqual([409, 'seal_broken'])
})

test('a token is refused that was not made here, or was given another role', async () => {
  const { id, token, call } = await world.createToken('viewer', 'ann')
  expect((await call('GET', '/v1/orders')).status).toBe(200)
  await world.editDatabase('update tokens set role = ? where id = ?', ['admin', id])
  world.time.now += 3_000
  expect((await call('GET', '/v1/orders')).status).toBe(401)
  const forged = newToken(tokenPrefix.api)
  await world.editDatabase('update tokens set token_hash = ? where id = ?', [hashToken(forged), id])
  const thief = as(world.call, { authorization: `Bearer ${forged}` })
  expect((await thief('GET', '/v1/orders')).status).toBe(401)
  expect(token).not.toBe(forged)
})

test('a schedule that was edited places nothing, and says why', async () => {
  const runner = await world.createRunner()
  const order = { type: 'runner.selftest', runnerId: runner.id }
  const body = { name: 'x', cron: '* * * * *', order }
  const { id } = (await world.admin('POST', '/v1/schedules', { body })).body
  const edited = JSON.stringify({ ...order, priority: 100 })
  await world.editDatabase('update schedules set order_body = ? where id = ?', [edited, id])
  world.time.now += 60_000
  await world.runScheduler()
  expect((await world.admin('GET', '/v1/orders')).body.items).toEqual([])
  const changed = (await world.admin('GET', `/v1/schedules/${id}`)).body
  expect(changed.lastProblem).toContain('changed in the database')
  await world.admin('PATCH', `/v1/schedules/${id}`, { body: { order } })
  world.time.now += 60_000
  await world.runScheduler()
  expect((await world.admin('GET', '/v1/orders')).body.items).toHaveLength(1)
})
