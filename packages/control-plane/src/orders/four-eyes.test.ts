import type { Role } from '@ikoma/domain'
import { newId } from '@ikoma/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { as, setup, type World } from '../testing/world.ts'
import { sealPlacement } from './seal.ts'

// Who asked for an order is decided when it is placed. Everything that happens afterwards must leave it so.
let world: World
let runnerId: string
beforeEach(async () => {
  world = await setup()
  runnerId = (await world.createRunner({ scopes: ['shell'] })).id
})
afterEach(() => world.close())

const shell = (argv = ['/bin/true']) => ({ type: 'shell.run', runnerId, payload: { argv } })

type Person = Awaited<ReturnType<World['createToken']>>

async function approve(person: Person, id: string): Promise<[number, string]> {
  const { status, body } = await person.call('POST', `/v1/orders/${id}/approve`)
  return [status, body.reason ?? body.status]
}

async function scheduleBy(person: Person): Promise<string> {
  const body = { name: 'x', cron: '* * * * *', order: shell() }
  return (await person.call('POST', '/v1/schedules', { body })).body.id
}

async function placedBySchedule(): Promise<string> {
  world.time.now += 60_000
  await world.runScheduler()
  return (await world.admin('GET', '/v1/orders')).body.items[0].id
}

async function people(): Promise<{ ann: Person; bob: Person }> {
  return { ann: await world.createToken('operator', 'ann'), bob: await world.createToken('operator', 'bob') }
}

/** A token made by somebody who has one. */
async function madeBy(maker: Person, role: Role, name: string): Promise<Person> {
  const { id, token } = (await maker.call('POST', '/v1/tokens', { body: { name, role } })).body
  return { id, token, call: as(world.call, { authorization: `Bearer ${token}` }) }
}

const own = [403, 'own_order']
const unknown = [403, 'placer_unknown']
const allowed = [200, 'QUEUED']

test('deleting the schedule that placed it does not make an order somebody else’s', async () => {
  const { ann, bob } = await people()
  const schedule = await scheduleBy(ann)
  const id = await placedBySchedule()
  await ann.call('DELETE', `/v1/schedules/${schedule}`)
  expect(await approve(ann, id)).toEqual(own)
  expect(await approve(bob, id)).toEqual(allowed)
})

test('a colleague who edits the schedule afterwards does not take an order over', async () => {
  const { ann, bob } = await people()
  const schedule = await scheduleBy(ann)
  const id = await placedBySchedule()
  await bob.call('PATCH', `/v1/schedules/${schedule}`, { body: { order: shell(['/bin/false']) } })
  expect(await approve(ann, id)).toEqual(own)
  expect(await approve(bob, id)).toEqual(allowed)
})

test('everybody who wrote a part of a schedule answers for what it places', async () => {
  const { ann, bob } = await people()
  const cat = await world.createToken('operator', 'cat')
  const schedule = await scheduleBy(ann)
  await bob.call('PATCH', `/v1/schedules/${schedule}`, { body: { order: { ...shell(), priority: 1 } } })
  const id = await placedBySchedule()
  expect(await approve(ann, id)).toEqual(own)
  expect(await approve(bob, id)).toEqual(own)
  expect(await approve(cat, id)).toEqual(allowed)
})

test('pausing or moving a schedule does not take it over', async () => {
  const { ann, bob } = await people()
  const schedule = await scheduleBy(ann)
  await bob.call('PATCH', `/v1/schedules/${schedule}`, { body: { cron: '*/2 * * * *' } })
  world.time.now += 60_000
  const id = await placedBySchedule()
  expect(await approve(ann, id)).toEqual(own)
  expect(await approve(bob, id)).toEqual(allowed)
})

test('a retry is the order of whoever asked for the first one, and of whoever retries it', async () => {
  const { ann, bob } = await people()
  const cat = await world.createToken('operator', 'cat')
  const first = (await ann.call('POST', '/v1/orders', { body: shell() })).body.id
  await ann.call('POST', `/v1/orders/${first}/cancel`)
  const second = (await bob.call('POST', `/v1/orders/${first}/retry`)).body.id
  expect(await approve(ann, second)).toEqual(own)
  expect(await approve(bob, second)).toEqual(own)
  await bob.call('POST', `/v1/orders/${second}/cancel`)
  const third = (await cat.call('POST', `/v1/orders/${second}/retry`)).body.id
  expect(await approve(ann, third), 'a retry of a retry').toEqual(own)
})

test('an order of a batch, and one under an idempotency key, is its placer’s', async () => {
  const { ann, bob } = await people()
  const batch = await ann.call('POST', '/v1/orders/batch', { body: { orders: [shell()] } })
  const { id } = batch.body.items[0].order
  expect(await approve(ann, id)).toEqual(own)
  const headers = { 'idempotency-key': 'k' }
  const byAnn = (await ann.call('POST', '/v1/orders', { body: shell(), headers })).body.id
  const byBob = (await bob.call('POST', '/v1/orders', { body: shell(), headers })).body.id
  expect(byBob).not.toBe(byAnn)
  expect((await ann.call('POST', '/v1/orders', { body: shell(), headers })).body.id).toBe(byAnn)
  expect(await approve(ann, byAnn)).toEqual(own)
  expect(await approve(ann, byBob)).toEqual(allowed)
})

test('a token that was deleted and made again under its name is nobody else', async () => {
  const { ann } = await people()
  const { id } = (await ann.call('POST', '/v1/orders', { body: shell() })).body
  await world.admin('DELETE', `/v1/tokens/${ann.id}`)
  const again = await world.createToken('operator', 'ann')
  expect(await approve(again, id)).toEqual(own)
})

test('once the placer’s token is gone nobody can tell who has another one, and only the admin key approves', async () => {
  const { ann, bob } = await people()
  const { id } = (await ann.call('POST', '/v1/orders', { body: shell() })).body
  await world.admin('DELETE', `/v1/tokens/${ann.id}`)
  const renamed = await world.createToken('operator', 'ann-2')
  expect(await approve(renamed, id)).toEqual(unknown)
  expect(await approve(bob, id)).toEqual(unknown)
  expect((await world.admin('POST', `/v1/orders/${id}/approve`)).status).toBe(200)
})

test('a token that the placer made, or that made the placer’s, is the same person', async () => {
  const ann = await world.createToken('admin', 'ann')
  const [second, bob] = [await madeBy(ann, 'admin', 'ann-2'), await world.createToken('operator', 'bob')]
  const third = await madeBy(second, 'operator', 'ann-3')
  const { id } = (await ann.call('POST', '/v1/orders', { body: shell() })).body
  expect(await approve(second, id)).toEqual(own)
  expect(await approve(third, id)).toEqual(own)
  const other = (await third.call('POST', '/v1/orders', { body: shell() })).body.id
  expect(await approve(ann, other)).toEqual(own)
  expect(await approve(bob, other)).toEqual(allowed)
})

test('the admin key may do both, for its own orders and for a schedule of its own', async () => {
  const { id } = (await world.admin('POST', '/v1/orders', { body: shell() })).body
  expect((await world.admin('POST', `/v1/orders/${id}/approve`)).status).toBe(200)
  const { bob } = await people()
  const other = (await world.admin('POST', '/v1/orders', { body: shell() })).body.id
  expect(await approve(bob, other)).toEqual(allowed)
})

test('who asked is part of what was placed: edited in the database, nobody approves it', async () => {
  const { ann } = await people()
  const { id } = (await ann.call('POST', '/v1/orders', { body: shell() })).body
  for (const answerable of ['["token:bob"]', 'null']) {
    await world.editDatabase('update orders set answerable = ? where id = ?', [answerable, id])
    expect(await approve(ann, id)).toEqual([409, 'seal_broken'])
    expect((await world.admin('POST', `/v1/orders/${id}/approve`)).status).toBe(409)
  }
})

test('an order of which nobody can tell who asked for it is approved by nobody, the admin key included', async () => {
  const { bob } = await people()
  const { id } = (await world.admin('POST', '/v1/orders', { body: shell() })).body
  const placed = await world.store.findOrder(id)
  if (!placed) throw new Error('no order')
  const order = sealPlacement({ ...placed, id: newId(), answerable: null }, world.keyring)
  await world.store.insertOrders([{ order, actor: 'schedule:gone', idempotency: null }])
  expect(await approve(bob, order.id)).toEqual(unknown)
  expect((await world.admin('POST', `/v1/orders/${order.id}/approve`)).body.reason).toBe('placer_unknown')
})

test('a runner approves nothing', async () => {
  const { id } = (await world.admin('POST', '/v1/orders', { body: shell() })).body
  const runner = await world.createRunner({ scopes: ['shell'] })
  expect((await runner.call('POST', `/v1/orders/${id}/approve`)).status).toBe(401)
})
