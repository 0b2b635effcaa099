import { formerEnrolProofText } from '@ikoma/api'
import { tokenPrefix } from '@ikoma/domain'
import { hashToken, newSigningKey, newToken } from '@ikoma/kernel/node'
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

async function finished() {
  const runner = await world.createRunner()
  const { id } = (await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', runnerId: runner.id } }))
    .body
  const before = await world.readRow('orders', id)
  const { lease } = await runner.claim()
  const headers = { 'x-ikoma-lease': lease }
  await runner.call('POST', `/v1/runner/orders/${id}/start`, { headers })
  const body = { report: { ok: true, summary: 'done' } }
  await runner.call('POST', `/v1/runner/orders/${id}/complete`, { headers, body })
  const state = async () => (await world.admin('GET', `/v1/orders/${id}`)).body
  return { id, runner, before, state }
}

const claimsNothing = async (runner: { call: World['call'] }) =>
  expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)

const alarms = () => world.logged.filter((line) => line.includes('the seal of a row is broken'))

test('an order that succeeded and is set back does not run again', async () => {
  const { id, runner, state } = await finished()
  const back = 'update orders set status = ?, lease = null, completed_at = null, attempt = ? where id = ?'
  for (const attempt of [1, 0]) {
    await world.editDatabase(back, ['QUEUED', attempt, id])
    await claimsNothing(runner)
    expect(await state()).toMatchObject(withdrawn)
  }
  expect(alarms()).toHaveLength(1)
  expect(alarms()[0]).toContain(id)
})

test('a whole older copy of an order, put back with its seal, does not run again', async () => {
  const { id, runner, before, state } = await finished()
  const names = Object.keys(before).filter((name) => name !== 'seq' && name !== 'id')
  const values = names.map((name) => before[name] as string)
  await world.editDatabase(`update orders set ${names.map((name) => `${name} = ?`)} where id = ?`, [...values, id])
  expect(await state()).toMatchObject({ status: 'QUEUED' })
  expect((await world.admin('GET', '/v1/audit/verify')).body).toMatchObject({
    ok: false,
    rows: [{ table: 'orders', id, problem: 'outdated' }],
  })
  await claimsNothing(runner)
  expect(await state()).toMatchObject(withdrawn)
})

test.each(['max_attempts', 'expires_at', 'run_at', 'priority', 'attempt', 'lost_claims'])(
  'an order whose %s was edited is not given to a runner',
  async (column) => {
    const runner = await world.createRunner()
    const body = { type: 'runner.selftest', runnerId: runner.id }
    const { id } = (await world.admin('POST', '/v1/orders', { body })).body
    await world.editDatabase(`update orders set ${column} = ${column} + 1 where id = ?`, [id])
    await claimsNothing(runner)
    expect((await world.admin('GET', `/v1/orders/${id}`)).body).toMatchObject(withdrawn)
  },
)

test('a write does not make good what was edited: neither a beat, a report nor a cancel', async () => {
  const runner = await world.createRunner()
  const body = { type: 'runner.selftest', runnerId: runner.id }
  const { id } = (await world.admin('POST', '/v1/orders', { body })).body
  const { lease } = await runner.claim()
  const headers = { 'x-ikoma-lease': lease }
  await runner.call('POST', `/v1/runner/orders/${id}/start`, { headers })
  await world.editDatabase('update orders set attempt = 0 where id = ?', [id])
  const beat = await runner.call('POST', `/v1/runner/orders/${id}/heartbeat`, { headers })
  expect([beat.status, beat.body.reason]).toEqual([409, 'seal_broken'])
  const shown = (await world.admin('GET', `/v1/orders/${id}`)).body
  expect(shown).toMatchObject({ status: 'NEEDS_ATTENTION', statusReason: 'seal_broken' })
  expect((await world.admin('POST', `/v1/orders/${id}/cancel`)).status).toBe(409)
  expect((await world.admin('GET', '/v1/audit/verify')).body.rows).toMatchObject([{ id, problem: 'broken' }])
})

test('a runner whose token or key was replaced is nobody, and so is whoever replaced it', async () => {
  const runner = await world.createRunner()
  const forged = newToken(tokenPrefix.runner)
  await world.editDatabase('update runners set token_hash = ?, public_key = null where id = ?', [
    hashToken(forged),
    runner.id,
  ])
  world.time.now += 3_000
  const thief = as(world.call, { 'x-runner-id': runner.id, 'x-runner-token': forged })
  expect((await thief('POST', '/v1/runner/orders/claim-next')).status).toBe(401)
  expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(401)
  expect(alarms()[0]).toContain(runner.id)
  const rotated = await world.admin('POST', `/v1/runners/${runner.id}/rotate-token`, { body: { overlapSec: 0 } })
  expect([rotated.status, rotated.body.reason], 'no change makes it good').toEqual([409, 'seal_broken'])
})

test('a server that was given another runner has its orders executed by neither', async () => {
  const [mine, thief] = [await world.createRunner(), await world.createRunner()]
  const server = (await world.admin('POST', '/v1/servers', { body: { name: 'web' } })).body
  await world.admin('PATCH', `/v1/servers/${server.id}/attach-runner`, { body: { runnerId: mine.id } })
  await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', serverId: server.id } })
  await world.editDatabase('update servers set runner_id = ? where id = ?', [thief.id, server.id])
  world.time.now += 3_000
  expect((await thief.call('POST', '/v1/runner/orders/claim-next')).status).toBe(401)
  await claimsNothing(mine)
  const placed = await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', serverId: server.id } })
  expect([placed.status, placed.body.reason]).toEqual([409, 'seal_broken'])
})

test('an invitation that was edited admits nobody', async () => {
  const { id, token } = (await world.admin('POST', '/v1/enrolments', { body: { name: 'x', scopes: [] } })).body
  const key = newSigningKey()
  const proof = key.sign(Buffer.from(formerEnrolProofText(token)))
  const body = { token, publicKey: key.publicKey, proof }
  for (const [column, value] of [
    ['scopes', '["*"]'],
    ['expires_at', world.time.now + 9e9],
  ] as const) {
    await world.editDatabase(`update enrolments set ${column} = ? where id = ?`, [value, id])
    const answer = await world.call('POST', '/v1/runner/enrol', { body })
    expect([answer.status, answer.body.reason]).toEqual([409, 'seal_broken'])
  }
})

test('a schedule whose time or pause was edited places nothing', async () => {
  const runner = await world.createRunner()
  const order = { type: 'runner.selftest', runnerId: runner.id }
  for (const set of ["cron = '*/2 * * * *'", 'next_run_at = next_run_at - 60000', 'created_at = 1']) {
    const body = { name: 'x', cron: '* * * * *', order }
    const { id } = (await world.admin('POST', '/v1/schedules', { body })).body
    await world.editDatabase(`update schedules set ${set} where id = ?`, [id])
    world.time.now += 60_000
    await world.runScheduler()
    const shown = (await world.admin('GET', `/v1/schedules/${id}`)).body
    expect([shown.lastOrderId, shown.lastProblem]).toEqual([null, expect.stringContaining('changed in the database')])
    expect((await world.admin('PATCH', `/v1/schedules/${id}`, { body: { paused: true } })).status).toBe(409)
    await world.admin('DELETE', `/v1/schedules/${id}`)
  }
})

test('the answer under an idempotency key is not given when it was edited', async () => {
  const runner = await world.createRunner()
  const body = { type: 'runner.selftest', runnerId: runner.id }
  const headers = { 'idempotency-key': 'k' }
  await world.admin('POST', '/v1/orders', { body, headers })
  await world.editDatabase('update idempotency set answer = replace(answer, ?, ?)', ['runner.selftest', 'shell.run'])
  const again = await world.admin('POST', '/v1/orders', { body, headers })
  expect([again.status, again.body.reason]).toEqual([409, 'seal_broken'])
})

test('no answer shows a seal, the hash of a token or a lease to whoever looks', async () => {
  const { id, runner } = await finished()
  await world.admin('POST', '/v1/schedules', {
    body: { name: 'x', cron: '* * * * *', order: { type: 'runner.selftest', runnerId: runner.id } },
  })
  const headers = { 'idempotency-key': 'k' }
  const body = { type: 'runner.selftest', runnerId: runner.id }
  await world.admin('POST', '/v1/servers', { body: { name: 'web' } })
  await world.createToken('viewer', 'vera')
  const looks = ['orders', `orders/${id}`, `orders/${id}/events`, 'orders/export', 'schedules', 'servers', 'runners']
  const shown = [...looks, 'tokens', 'audit'].map((path) => world.admin('GET', `/v1/${path}`))
  const answers = [...(await Promise.all(shown)), await world.admin('POST', '/v1/orders', { body, headers })]
  answers.push(await world.admin('POST', '/v1/orders', { body, headers }))
  const text = JSON.stringify(answers.map((answer) => answer.body))
  for (const secret of ['"seal"', 'placementSeal', 'rowSeal', 'tokenHash', '"lease"', 'finishedLease', '"fault"']) {
    expect(text, secret).not.toContain(secret)
  }
  const { seal, row_seal: rowSeal, lease } = await world.readRow('orders', id)
  for (const value of [seal, rowSeal, lease]) expect(text).not.toContain(String(value))
})
