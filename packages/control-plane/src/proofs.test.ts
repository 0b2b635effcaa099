import { formerProofText } from '@ikoma/api'
import { newSigningKey } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { enrolProven, freshNonce, newMachine, type ProvenRunner } from './testing/proven-runner.ts'
import { as, placeSelftest, setup, type World } from './testing/world.ts'

let world: World
let runner: ProvenRunner
beforeEach(async () => {
  world = await setup()
  runner = await enrolProven(world)
})
afterEach(() => world.close())

const beat = '/v1/runner/heartbeat'
const alive = { status: 'ONLINE' }
const claim = '/v1/runner/orders/claim-next'

describe('a proof', () => {
  test('is good for the request it was made for', async () => {
    expect((await runner.call('POST', beat, { body: alive })).status).toBe(200)
    expect((await runner.call('POST', `${claim}?waitSec=0&max=2`)).status).toBe(204)
  })

  test('asked for in advance is good for nothing: a nonce comes from the control plane alone, and lasts 90 seconds', async () => {
    const nonce = await freshNonce(world)
    world.time.now += 90_000
    expect((await runner.call('POST', beat, { body: alive, nonce })).status).toBe(200)
    world.time.now += 1
    const late = await runner.call('POST', beat, { body: alive, nonce, salt: '~late' })
    expect([late.status, late.body.reason]).toEqual([401, 'proof_needed'])
    expect(late.headers['x-ikoma-nonce']).not.toBe(nonce)
  })

  test('with a nonce of the future is refused, though sealed by us', async () => {
    world.time.now += 180_000
    const nonce = await freshNonce(world)
    world.time.now -= 180_000
    expect((await runner.call('POST', beat, { body: alive, nonce })).status).toBe(401)
  })

  test.each([
    ['a made up nonce', 'A'.repeat(32)],
    ['a nonce with another time', null],
  ])('with %s is refused', async (_, made) => {
    const nonce = made ?? `${(await freshNonce(world)).slice(8)}AAAAAAAA`.padStart(32, 'A').slice(0, 32)
    expect((await runner.call('POST', beat, { body: alive, nonce })).body.reason).toBe('proof_needed')
  })

  test.each<[string, object]>([
    ['another path', { url: claim }],
    ['another query', { url: `${beat}?x=1` }],
    ['another method', { method: 'GET', url: '/v1/runner/heartbeat' }],
    ['another machine', { headers: { 'x-runner-instance': newMachine() } }],
    ['another lease', { headers: { 'x-ikoma-lease': 'another' } }],
    ['another digest', { headers: { 'content-digest': `sha-256=:${'A'.repeat(43)}=:` } }],
    ['no digest', { headers: { 'content-digest': 'sha-256=::' } }],
    ['a digest of another kind', { headers: { 'content-digest': `sha-512=:${'A'.repeat(43)}=:` } }],
    ['another body', { body: { status: 'OFFLINE' } }],
    ['no body', { body: undefined }],
  ])('is refused for %s', async (_, sent) => {
    const answer = await runner.call('POST', beat, { body: alive, sent })
    expect([401, 404]).toContain(answer.status)
    expect((await world.store.findRunner(runner.id))?.reported).not.toBe('OFFLINE')
  })

  test('of a body is refused when the body was left out, and the other way round', async () => {
    expect((await runner.call('POST', claim, { sent: { body: { max: 100 } } })).body.reason).toBe('body_altered')
    expect((await runner.call('POST', beat, { body: alive, sent: { body: undefined } })).status).toBe(401)
  })

  test('of another key is refused, again and again: nothing of a failure is kept', async () => {
    const nonce = await freshNonce(world)
    const thief = newSigningKey()
    for (let n = 0; n < 3; n += 1) {
      const answer = await runner.call('POST', beat, { body: alive, nonce, salt: '~same', signer: thief })
      expect([answer.status, answer.body.reason]).toEqual([401, 'runner_auth_required'])
    }
    expect((await runner.call('POST', beat, { body: alive, nonce, salt: '~same' })).status).toBe(200)
  })

  test('is taken once, of two that come at once too', async () => {
    const nonce = await freshNonce(world)
    const same = { body: alive, nonce, salt: '~same' }
    const answers = await Promise.all([1, 2, 3].map(() => runner.call('POST', beat, same)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    expect((await runner.call('POST', beat, same)).body.reason).toBe('proof_needed')
    expect((await runner.call('POST', beat, { ...same, salt: '~other' })).status).toBe(200)
  })

  test('is taken once however many came since: what has no room is refused by its nonce', async () => {
    const nonce = await freshNonce(world)
    const first = { body: alive, nonce, salt: '~first' }
    expect((await runner.call('POST', beat, first)).status).toBe(200)
    world.time.now += 2_000
    const newer = await freshNonce(world)
    for (let n = 0; n < 1_001; n += 1) {
      const { status } = await runner.call('POST', beat, { body: alive, nonce: newer, salt: `~${n}` })
      if (status !== 200) throw new Error(`${n} answered ${status}`)
      if (n % 500 === 499) world.time.now += 2_000
    }
    expect((await runner.call('POST', beat, first)).status).toBe(401)
    expect((await runner.call('POST', beat, { body: alive })).status).toBe(200)
  })

  test('that only needs a newer nonce is no failed attempt: a runner that slept is not locked out', async () => {
    for (let n = 0; n < 30; n += 1) {
      expect((await runner.call('POST', beat, { body: alive, nonce: 'A'.repeat(32) })).status).toBe(401)
    }
    expect((await runner.call('POST', beat, { body: alive })).status).toBe(200)
  })
})

describe('what a former version sends', () => {
  /** A runner of the former version: it enrolled, and signs the time. */
  async function former() {
    const { token } = (await world.admin('POST', '/v1/enrolments', { body: { name: 'old-1' } })).body
    const key = newSigningKey()
    const proof = key.sign(Buffer.from(`ikoma-runner-enrol\n${token}`))
    const { body } = await world.call('POST', '/v1/runner/enrol', { body: { token, publicKey: key.publicKey, proof } })
    const { runnerId } = body
    const call = as(world.call, { 'x-runner-id': runnerId, 'x-runner-token': body.token })
    const proven = (at = world.time.now) => ({
      'x-runner-proof': `${at}.${key.sign(Buffer.from(formerProofText(runnerId, at)))}`,
    })
    return { id: runnerId as string, call, proven, me: { key, runnerId, token: body.token as string } }
  }

  test('is enough to be heard, and not to be given orders: it is told to update, by name', async () => {
    const old = await former()
    const order = await placeSelftest(world, old.id)
    expect((await old.call('POST', beat, { headers: old.proven() })).status).toBe(200)
    for (const path of [claim, '/v1/runner/orders/exchange']) {
      const answer = await old.call('POST', path, { headers: old.proven() })
      expect([answer.status, answer.body.reason]).toEqual([426, 'runner_too_old'])
      expect(answer.body.detail).toContain('"old-1" is too old')
    }
    expect((await world.admin('GET', `/v1/orders/${order.id}`)).body.status).toBe('QUEUED')
    const shown = (await world.admin('GET', `/v1/runners/${old.id}`)).body
    expect(shown).toMatchObject({ protocol: 1, tooOld: true })
  })

  test('is not taken from the future, nor when it is older than a minute', async () => {
    const old = await former()
    for (const off of [5_001, 180_000, -60_001]) {
      expect((await old.call('POST', beat, { headers: old.proven(world.time.now + off) })).status).toBe(401)
    }
  })

  test('is not taken from a runner that has been updated', async () => {
    const kept = `${world.time.now}.${runner.me.key.sign(Buffer.from(formerProofText(runner.id, world.time.now)))}`
    await runner.call('POST', beat, { body: alive })
    const headers = { 'x-runner-id': runner.id, 'x-runner-token': runner.me.token, 'x-runner-proof': kept }
    expect((await world.call('POST', beat, { headers })).status).toBe(401)
    expect((await world.admin('GET', `/v1/runners/${runner.id}`)).body).toMatchObject({ protocol: 2, tooOld: false })
  })
})
