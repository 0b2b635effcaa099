import { generateKeyPairSync, sign } from 'node:crypto'
import { formerEnrolProofText } from '@ikoma/api'
import { tokenPrefix } from '@ikoma/domain'
import { newToken } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { as, setup, type World } from './testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

/** Behind a proxy that says nothing of its callers everybody has one address, as all calls here do. */
async function fail(times: number, headers: Record<string, string>, path = '/v1/orders', method = 'GET') {
  const statuses: number[] = []
  for (let n = 0; n < times; n += 1) statuses.push((await world.call(method, path, { headers })).status)
  return statuses
}

describe('a right credential after twenty wrong ones of the same address', () => {
  test('admin key', async () => {
    const statuses = await fail(25, { 'x-ikoma-admin-key': 'wrong' })
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
    expect((await world.admin('GET', '/v1/orders')).status).toBe(200)
  })

  test('API token, asked for the first time', async () => {
    const { call } = await world.createToken('viewer')
    await fail(25, { authorization: `Bearer ${newToken(tokenPrefix.api)}` })
    expect((await call('GET', '/v1/orders')).status).toBe(200)
    expect((await fail(1, { authorization: `Bearer ${newToken(tokenPrefix.api)}` }))[0]).toBe(429)
  })

  test('runner token, though its id was tried', async () => {
    const runner = await world.createRunner()
    const wrong = { 'x-runner-id': runner.id, 'x-runner-token': newToken(tokenPrefix.runner) }
    await fail(25, wrong, '/v1/runner/heartbeat', 'POST')
    expect((await runner.call('POST', '/v1/runner/heartbeat')).status).toBe(200)
    expect((await fail(1, wrong, '/v1/runner/heartbeat', 'POST'))[0]).toBe(429)
  })

  test('enrolment token, and after seven hundred calls of public routes', async () => {
    const redeem = (token: string) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const proof = sign(null, Buffer.from(formerEnrolProofText(token)), privateKey).toString('base64url')
      return world.call('POST', '/v1/runner/enrol', {
        body: { token, publicKey: publicKey.export({ format: 'jwk' }).x, proof },
      })
    }
    const invited = await world.admin('POST', '/v1/enrolments', { body: { name: 'web-1', scopes: ['system'] } })
    await fail(700, {}, '/api/runners')
    const wrong = []
    for (let n = 0; n < 25; n += 1) wrong.push((await redeem(newToken(tokenPrefix.enrolment))).status)
    expect(wrong).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
    expect((await redeem(invited.body.token)).status).toBe(201)
  })

  test('METRICS_TOKEN, whose guesses are counted too', async () => {
    const guarded = await setup({ metricsToken: 'a-token-for-metrics' })
    const read = (token: string) =>
      guarded.call('GET', '/metrics', { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status)
    const wrong = []
    for (let n = 0; n < 25; n += 1) wrong.push(await read(`guess-${n}`))
    expect(wrong).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
    expect(await read('a-token-for-metrics')).toBe(200)
    await guarded.close()
  })
})

test('whoever shows who they are is not held to what strangers may ask for', async () => {
  await fail(605, {}, '/api/runners')
  expect((await world.call('GET', '/api/runners')).status).toBe(429)
  expect((await world.admin('GET', '/api/runners')).status).toBe(200)
})

test('a runner whose clock is wrong is told the time, whatever others of its address did', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const invited = await world.admin('POST', '/v1/enrolments', { body: { name: 'web-1', scopes: ['system'] } })
  const { token } = invited.body
  const proof = sign(null, Buffer.from(formerEnrolProofText(token)), privateKey).toString('base64url')
  const body = { token, publicKey: publicKey.export({ format: 'jwk' }).x, proof }
  const enrolled = (await world.call('POST', '/v1/runner/enrol', { body })).body
  await fail(25, { 'x-runner-id': enrolled.runnerId, 'x-runner-token': 'wrong' }, '/v1/runner/heartbeat', 'POST')
  const late = as(world.call, { 'x-runner-id': enrolled.runnerId, 'x-runner-token': enrolled.token })
  const answer = await late('POST', '/v1/runner/heartbeat')
  expect([answer.status, answer.body.serverTime]).toEqual([401, new Date(world.time.now).toISOString()])
})

test('a proof that failed fails again: only one that was right is remembered', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { token } = (await world.admin('POST', '/v1/enrolments', { body: { name: 'web-1', scopes: ['system'] } })).body
  const proof = sign(null, Buffer.from(formerEnrolProofText(token)), privateKey).toString('base64url')
  const body = { token, publicKey: publicKey.export({ format: 'jwk' }).x, proof }
  const enrolled = (await world.call('POST', '/v1/runner/enrol', { body })).body
  // Its form is right, and it is of now.
  const wrong = `${world.time.now}.${Buffer.alloc(64, 1).toString('base64url')}`
  const headers = {
    'x-runner-id': enrolled.runnerId,
    'x-runner-token': enrolled.token,
    'x-runner-proof': wrong,
  }
  for (let n = 0; n < 3; n += 1) {
    expect((await world.call('POST', '/v1/runner/heartbeat', { headers })).status).toBe(401)
  }
})

test('a token that nobody has is not remembered: guesses push out nothing', async () => {
  const { call } = await world.createToken('viewer')
  await call('GET', '/v1/orders')
  const guesses = Array.from({ length: 5_100 }, () => ({ authorization: `Bearer ${newToken(tokenPrefix.api)}` }))
  await Promise.all(guesses.map((headers) => world.call('GET', '/v1/order-types', { headers })))
  let looks = 0
  const { findTokenByHash } = world.store
  world.store.findTokenByHash = (hash) => {
    looks += 1
    return findTokenByHash(hash)
  }
  expect((await call('GET', '/v1/orders')).status).toBe(200)
  expect(looks).toBe(0)
})

describe('probes', () => {
  test.each(['/healthz', '/readyz'])('seven hundred calls of %s refuse nobody’s health check', async (path) => {
    const statuses = await fail(700, {}, path)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
  })

  test('ask the store once a second, however many come', async () => {
    let pings = 0
    world.store.ping = async () => {
      pings += 1
    }
    await Promise.all(Array.from({ length: 50 }, () => world.call('GET', '/readyz')))
    expect(pings).toBe(1)
    world.time.now += 1_000
    await world.call('GET', '/readyz')
    expect(pings).toBe(2)
  })

  test('hear within a second that the store is gone, and that it is back', async () => {
    expect((await world.call('GET', '/readyz')).status).toBe(200)
    const { ping } = world.store
    world.store.ping = async () => {
      throw new Error('gone')
    }
    world.time.now += 1_000
    expect((await world.call('GET', '/readyz')).status).toBe(503)
    world.store.ping = ping
    world.time.now += 1_000
    expect((await world.call('GET', '/readyz')).status).toBe(200)
  })
})
