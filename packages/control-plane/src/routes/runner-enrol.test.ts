import { formerProofText } from '@ikoma/api'
import { hashToken, newSigningKey, newToken } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { enrolProven, newMachine, speaker } from '../testing/proven-runner.ts'
import { as, setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

describe('an invitation', () => {
  test('is listed without its token until somebody takes it back, from when it enrols nobody', async () => {
    const body = { name: 'web-1', scopes: ['check'] }
    const { token, ...shown } = (await world.admin('POST', '/v1/enrolments', { body })).body
    const listed = (await world.admin('GET', '/v1/enrolments')).body
    expect(listed).toEqual({ items: [expect.objectContaining({ ...shown, createdBy: 'admin-key' })], next: null })
    expect(JSON.stringify(listed)).not.toContain(token)
    expect((await world.admin('DELETE', `/v1/enrolments/${shown.id}`)).status).toBe(204)
    expect((await world.admin('GET', '/v1/enrolments')).body.items).toEqual([])
    const key = newSigningKey()
    const proof = key.sign(Buffer.from(`ikoma-runner-enrol\n${token}`))
    const enrolment = { token, publicKey: key.publicKey, proof }
    const enrolled = await world.call('POST', '/v1/runner/enrol', { body: enrolment })
    expect([enrolled.status, enrolled.body.reason]).toEqual([401, 'enrolment_invalid'])
    const again = await world.admin('DELETE', `/v1/enrolments/${shown.id}`)
    expect([again.status, again.body.reason]).toEqual([404, 'enrolment_not_found'])
  })
})

describe('enrolling', () => {
  test('works once, attaches the server, and the runner must hold its key from then on', async () => {
    const server = (await world.admin('POST', '/v1/servers', { body: { name: 'web-1' } })).body
    const { token } = (await world.admin('POST', '/v1/enrolments', { body: { serverId: server.id } })).body
    const key = newSigningKey()
    const body = { token, publicKey: key.publicKey, proof: key.sign(Buffer.from(`ikoma-runner-enrol\n${token}`)) }
    const enrolled = await world.call('POST', '/v1/runner/enrol', { body })
    expect([enrolled.status, enrolled.body.serverId]).toEqual([201, server.id])
    expect((await world.call('POST', '/v1/runner/enrol', { body })).status).toBe(401)
    const { runnerId } = enrolled.body
    const call = as(world.call, { 'x-runner-id': runnerId, 'x-runner-token': enrolled.body.token })
    const proof = (at: number, signer = key) => ({
      'x-runner-proof': `${at}.${signer.sign(Buffer.from(formerProofText(runnerId, at)))}`,
    })
    const beat = (headers: Record<string, string>) => call('POST', '/v1/runner/heartbeat', { headers })
    expect((await beat({})).status).toBe(401)
    expect((await beat(proof(world.time.now))).status).toBe(200)
    expect((await beat(proof(world.time.now, newSigningKey()))).status).toBe(401)
    expect((await beat(proof(world.time.now - 61_000))).status).toBe(401)
  })

  test('of fifty concurrent redemptions one succeeds', async () => {
    const { token } = (await world.admin('POST', '/v1/enrolments')).body
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => {
        const key = newSigningKey()
        const proof = key.sign(Buffer.from(`ikoma-runner-enrol\n${token}`))
        return world.call('POST', '/v1/runner/enrol', { body: { token, publicKey: key.publicKey, proof } })
      }),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  test('lets a runner wait longer than its proof is fresh', async () => {
    const runner = await enrolProven(world)
    const waiting = runner.call('POST', '/v1/runner/orders/claim-next?waitSec=0.3')
    await new Promise((resolve) => setTimeout(resolve, 50))
    world.time.now += 121_000
    expect((await waiting).status).toBe(204)
  })

  test('is refused after fifteen minutes, without proof of the key, and with a typo', async () => {
    const { token } = (await world.admin('POST', '/v1/enrolments')).body
    const key = newSigningKey()
    const enrol = (text: string, proof = key.sign(Buffer.from(`ikoma-runner-enrol\n${text}`))) =>
      world.call('POST', '/v1/runner/enrol', { body: { token: text, publicKey: key.publicKey, proof } })
    expect((await enrol(token, newSigningKey().sign(Buffer.from(token)))).body.reason).toBe('proof_invalid')
    expect((await enrol(`${token.slice(0, -1)}~`)).body.reason).toBe('enrolment_invalid')
    world.time.now += 15 * 60_000 + 1
    expect((await enrol(token)).body.reason).toBe('enrolment_invalid')
  })
})

describe('rotating a token', () => {
  test('the old one works until the overlap ends, then only the new one', async () => {
    const runner = await world.createRunner()
    const { body } = await world.admin('POST', `/v1/runners/${runner.id}/rotate-token`, { body: { overlapSec: 60 } })
    const renewed = as(world.call, { 'x-runner-id': runner.id, 'x-runner-token': body.token })
    expect((await renewed('POST', '/v1/runner/heartbeat')).status).toBe(200)
    expect((await runner.call('POST', '/v1/runner/heartbeat')).status).toBe(200)
    world.time.now += 61_000
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body: {} })).status).toBe(401)
    expect((await renewed('POST', '/v1/runner/heartbeat', { body: {} })).status).toBe(200)
  })

  test('is the affair of a runner that enrolled: it brings its own while the old one holds', async () => {
    const runner = await enrolProven(world)
    const rotate = (body = {}) => world.admin('POST', `/v1/runners/${runner.id}/rotate-token`, { body })
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body: {} })).body.renewToken).toBeUndefined()
    for (let n = 0; n < 2; n += 1) expect((await rotate()).body.token).toBeNull()
    world.time.now += 3 * 86_400_000
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body: {} })).body.renewToken).toBe(true)
    const token = newToken('iko_run')
    const renew = () => runner.call('POST', '/v1/runner/token', { body: { tokenHash: hashToken(token) } })
    // The answer was lost, and the runner asks again: nothing is done twice.
    for (let n = 0; n < 2; n += 1) expect((await renew()).status).toBe(200)
    const { items } = (await world.admin('GET', '/v1/audit?limit=200')).body
    const told = items.filter(({ action }: { action: string }) => action === 'runner.token_renewed')
    expect(told).toHaveLength(1)
    const renewed = speaker(world, { ...runner.me, token, instance: newMachine() })
    world.time.now += 61_000
    expect((await renewed('POST', '/v1/runner/heartbeat', { body: {} })).body).toMatchObject({ ok: true })
    expect((await renewed('POST', '/v1/runner/heartbeat', { body: {} })).body.renewToken).toBeUndefined()
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body: {} })).status).toBe(401)
    const plain = await world.createRunner()
    expect((await plain.call('POST', '/v1/runner/token', { body: { tokenHash: hashToken(token) } })).status).toBe(403)
  })

  test('is shown while the new one is awaited, and when it was made', async () => {
    const runner = await enrolProven(world)
    const { call, id } = runner
    const shown = async () => (await world.admin('GET', `/v1/runners/${id}`)).body
    expect((await shown()).rotation).toBeNull()
    await call('POST', '/v1/runner/heartbeat', { body: {} })
    const asked = await world.admin('POST', `/v1/runners/${id}/rotate-token`, { body: { overlapSec: 30 } })
    const askedAt = new Date(world.time.now).toISOString()
    const awaited = { askedAt, fetchedAt: null, formerUntil: asked.body.previousTokenExpiresAt, lockedOut: false }
    expect(await shown()).toMatchObject({ status: 'ONLINE', rotation: awaited })
    world.time.now += 10_000
    await world.admin('POST', `/v1/runners/${id}/rotate-token`, { body: {} })
    expect((await shown()).rotation, 'asked for again').toMatchObject({ askedAt, fetchedAt: null })
    await call('POST', '/v1/runner/token', { body: { tokenHash: hashToken(newToken('iko_run')) } })
    const fetchedAt = new Date(world.time.now).toISOString()
    expect((await shown()).rotation).toMatchObject({ askedAt, fetchedAt, lockedOut: false })
  })

  test('whose former one ended first leaves nobody online, and no later rotation brings that back', async () => {
    const runner = await enrolProven(world)
    const { call, id } = runner
    await call('POST', '/v1/runner/heartbeat', { body: {} })
    const rotate = (overlapSec: number) =>
      world.admin('POST', `/v1/runners/${id}/rotate-token`, { body: { overlapSec } })
    await rotate(0)
    const { status, rotation } = (await world.admin('GET', `/v1/runners/${id}`)).body
    expect([status, rotation.lockedOut]).toEqual(['OFFLINE', true])
    expect((await world.call('GET', '/api/runners')).body.data).toEqual([expect.objectContaining({ online: false })])
    const { previousTokenExpiresAt } = (await rotate(600)).body
    expect(previousTokenExpiresAt, 'which ended').toBe(rotation.formerUntil)
    expect((await call('POST', '/v1/runner/heartbeat', { body: {} })).status).toBe(401)
    expect((await world.admin('GET', `/v1/runners/${id}`)).body).toMatchObject({ status, rotation })
    expect((await world.call('GET', '/api/runners')).body.data).toEqual([expect.objectContaining({ online: false })])
  })
})

describe('a refused credential of a runner', () => {
  const refusedOf = async (id: string) => (await world.admin('GET', `/v1/runners/${id}`)).body

  test('that it had before makes it not online once it was not heard for half a minute', async () => {
    const runner = await world.createRunner()
    await runner.call('POST', '/v1/runner/heartbeat', { body: {} })
    world.time.now += 1_000
    await world.admin('POST', `/v1/runners/${runner.id}/rotate-token`, { body: { overlapSec: 0 } })
    const since = new Date(world.time.now).toISOString()
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body: {} })).status).toBe(401)
    world.time.now += 35_000
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body: {} })).status).toBe(401)
    const lastAt = new Date(world.time.now).toISOString()
    const expected = { status: 'OFFLINE', refused: { since, lastAt, address: '127.0.0.1', former: true } }
    expect(await refusedOf(runner.id)).toMatchObject(expected)
    world.time.now += 16 * 60_000
    expect((await refusedOf(runner.id)).refused).toBeNull()
  })

  test('that a stranger makes up takes no runner offline, and is shown only where the runner is not heard', async () => {
    const runner = await world.createRunner()
    const wrong = as(world.call, { 'x-runner-id': runner.id, 'x-runner-token': newToken('iko_run') })
    const guess = () => wrong('POST', '/v1/runner/heartbeat', { body: {} })
    await runner.call('POST', '/v1/runner/heartbeat', { body: {} })
    world.time.now += 1_000
    await guess()
    world.time.now += 40_000
    await guess()
    expect(await refusedOf(runner.id)).toMatchObject({ status: 'ONLINE', refused: null })
    world.time.now += 60_000
    expect(await refusedOf(runner.id)).toMatchObject({ status: 'OFFLINE', refused: { former: false } })
    await runner.call('POST', '/v1/runner/heartbeat', { body: {} })
    expect(await refusedOf(runner.id)).toMatchObject({ status: 'ONLINE', refused: null })
  })
})
