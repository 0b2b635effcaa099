import { afterEach, beforeEach, expect, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const create = (name: string) => world.admin('POST', '/v1/tokens', { body: { name, role: 'operator' } })

test.each(['ann', ' ann ', 'ANN', 'änn'])('a second token is not called %j: the name is the actor', async (name) => {
  expect((await create('ann')).status).toBe(201)
  const { status, body } = await create(name)
  expect([status, body.reason, body.detail]).toEqual([409, 'token_name_taken', expect.stringContaining('"ann"')])
})

test('of many at the same time one has the name', async () => {
  const statuses = (await Promise.all(Array.from({ length: 20 }, () => create('ann')))).map(({ status }) => status)
  expect(statuses.sort()).toEqual([201, ...Array(19).fill(409)])
})

test('a name is free again once its token is revoked', async () => {
  await world.admin('DELETE', `/v1/tokens/${(await create('ann')).body.id}`)
  expect((await create('ann')).status).toBe(201)
})

test.each(['admin-key', 'Admin_Key', 'control-plane', 'anonymous', 'а\u200bnn', 'аnn', 'token:ann', '   '])(
  'none is called %j',
  async (name) => {
    const { status, body } = await create(name)
    expect([status, body.fields?.[0]?.field]).toEqual([400, 'body/name'])
  },
)

test('two that share a name from before stay, and the list says which', async () => {
  const [ann, other] = [await world.createToken('viewer', 'ann'), await world.createToken('viewer', 'other')]
  await world.createToken('viewer', 'bob')
  await world.editDatabase('update tokens set name = ? where id = ?', ['Ann', other.id])
  const { items } = (await world.admin('GET', '/v1/tokens?limit=2')).body
  expect(items.map(({ name, sharesName }: never) => [name, sharesName])).toEqual([
    ['ann', true],
    ['Ann', true],
  ])
  const all = (await world.admin('GET', '/v1/tokens')).body.items
  expect(all.find(({ name }: { name: string }) => name === 'bob').sharesName).toBe(false)
  expect((await ann.call('GET', '/v1/orders')).status).toBe(200)
})
