import { afterEach, beforeEach, expect, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'

const policy = { scopes: ['runner', 'check'], maxTimeoutSec: 600, file: '/etc/ikoma/policy.json' }
const open = { ...policy, scopes: ['*'] }

let world: World
let runner: Awaited<ReturnType<World['createRunner']>>
beforeEach(async () => {
  world = await setup()
  runner = await world.createRunner({ name: 'web-1', scopes: ['*'] })
})
afterEach(() => world.close())

const order = () => ({ type: 'shell.run', runnerId: runner.id, payload: { argv: ['/bin/true'] } })
const tell = (capabilities: object) => runner.call('POST', '/v1/runner/heartbeat', { body: { capabilities } })
const place = (body: object = order()) => world.admin('POST', '/v1/orders', { body })

test('an order that the policy would refuse is refused when it is placed, by runner and by server', async () => {
  const server = (await world.admin('POST', '/v1/servers', { body: { name: 's' } })).body
  await world.admin('PATCH', `/v1/servers/${server.id}/attach-runner`, { body: { runnerId: runner.id } })
  await tell({ policy })
  const { runnerId: _, ...rest } = order()
  for (const body of [order(), { ...rest, serverId: server.id }]) {
    const { status, body: problem } = await place(body)
    expect([status, problem.reason]).toEqual([422, 'refused_policy'])
    expect(problem.detail).toContain('web-1')
    expect(problem.detail).toContain('/etc/ikoma/policy.json: "shell.run" in "scopes"')
  }
  await tell({ policy: open })
  expect((await place()).status).toBe(201)
})

test('a schedule of such orders is refused too', async () => {
  await tell({ policy })
  const body = { name: 'nightly', cron: '0 3 * * *', order: order() }
  expect((await world.admin('POST', '/v1/schedules', { body })).body.reason).toBe('refused_policy')
})

test('nobody approves what cannot run any more, and it can be approved once it can', async () => {
  await tell({ policy: open })
  const { id, status } = (await place()).body
  expect(status).toBe('PENDING_APPROVAL')
  await tell({ policy })
  const approve = () => world.admin('POST', `/v1/orders/${id}/approve`)
  expect((await approve()).body.reason).toBe('refused_policy')
  await tell({ policy: open })
  expect((await approve()).body.status).toBe('QUEUED')
})

test('a runner that told nothing of it is asked as before', async () => {
  await tell({ node: 'v24' })
  expect((await place()).status).toBe(201)
})
