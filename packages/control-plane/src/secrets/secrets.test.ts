import { formerEnrolProofText, secretsBoundTo, secretsInfo } from '@ikoma/api'
import { scheduleBytes } from '@ikoma/domain'
import { boxKeyFromPem, newBoxKey, newSigningKey, openBox } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newMachine, speaker } from '../testing/proven-runner.ts'
import { adminKey, setup as openWorld, type World } from '../testing/world.ts'

const value = 'canary-5f1e7a90-canary'
let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

async function aRunner(body: Record<string, unknown> = {}) {
  const runner = await world.createRunner()
  const key = newBoxKey()
  const sealKey = key.publicKey
  await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { scopes: ['*'], sealKey, ...body } })
  return { ...runner, pem: key.toPem() }
}

async function set(name: string, text = value, more: Record<string, unknown> = {}) {
  const answer = await world.admin('PUT', `/v1/secrets/${name}`, { body: { value: text, ...more } })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}

function place(target: Record<string, unknown>, secret = 'api') {
  const body = { type: 'check.http.run', ...target, payload: { url: { secret } } }
  return world.admin('POST', '/v1/orders', { body })
}

type Runner = Awaited<ReturnType<typeof aRunner>>

async function claimed(runner: Runner) {
  const claim = await runner.claim()
  const grant = JSON.parse(Buffer.from(claim.grant.bytes, 'base64url').toString())
  const label = { info: secretsInfo, aad: secretsBoundTo(grant) }
  const opened = await openBox(runner.pem, grant.secrets, label)
  return { claim, grant, values: JSON.parse(Buffer.from(opened).toString()) }
}

/** What a claim that gives nothing leaves of its order. */
async function ended(runner: Runner, id: string) {
  await expect(runner.claim()).rejects.toThrow('204')
  const { status, statusReason } = (await world.admin('GET', `/v1/orders/${id}`)).body
  return { status, statusReason }
}

async function row(name: string): Promise<(string | number)[]> {
  const secret = await world.store.findSecret(name)
  if (!secret) throw new Error('there is no such row')
  return [secret.version, secret.nonce, secret.ciphertext, secret.keyVersion, secret.updatedAt, secret.createdAt, name]
}
const putBack =
  'update secrets set version = ?, nonce = ?, ciphertext = ?, key_version = ?, updated_at = ?, created_at = ? where name = ?'

describe('a secret', () => {
  test('is set, listed and removed, and its value is shown and audited nowhere', async () => {
    const shown = await set('api')
    expect(shown).toMatchObject({ name: 'api', version: 1, servers: null, state: 'ok', createdBy: 'admin-key' })
    world.time.now += 1000
    expect(await set('api', 'another-value')).toMatchObject({ version: 2, createdAt: shown.createdAt })
    const list = await world.admin('GET', '/v1/secrets')
    expect(list.body.items).toMatchObject([{ name: 'api', version: 2, state: 'ok' }])
    expect((await world.admin('DELETE', '/v1/secrets/api')).status).toBe(204)
    expect((await world.admin('DELETE', '/v1/secrets/api')).status).toBe(404)
    const audit = await world.store.listAudit({ subject: 'secret:api' }, 0, 9)
    expect(audit.map(({ action }) => action)).toEqual(['secret.set', 'secret.set', 'secret.removed'])
    expect(JSON.stringify([list.body, shown, audit])).not.toMatch(/canary|another-value/)
  })

  test('is stored so that the database alone tells nothing of it', async () => {
    await set('api')
    const stored = await world.store.findSecret('api')
    expect(JSON.stringify(stored)).not.toContain(value)
    expect(Buffer.from(stored?.ciphertext ?? '', 'base64url').toString('latin1')).not.toContain(value)
  })

  test.each([
    ['too short to be hidden', '12345'],
    ['too short but for spaces', '   1234   '],
    ['NUL', 'before\0after'],
    ['half a surrogate pair', 'before\ud800after'],
    ['too long', 'é'.repeat(33_000)],
  ])('that is %s is refused, and the refusal does not repeat it', async (_, text) => {
    const answer = await world.admin('PUT', '/v1/secrets/api', { body: { value: text } })
    expect(answer.status).toBe(400)
    expect(JSON.stringify(answer.body)).not.toContain(text.slice(0, 8))
    expect(await world.store.findSecret('api')).toBeNull()
  })

  test('is not repeated by the refusal of a body that is no JSON, nor by the log', async () => {
    const headers = { 'x-ikoma-admin-key': adminKey, 'content-type': 'application/json' }
    const payload = `{"value": ${value}}`
    const answer = await world.app.inject({ method: 'PUT', url: '/v1/secrets/api', headers, payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.body + world.logged.join('')).not.toContain('canary')
  })

  test('is set by operators, listed by viewers, and rotated by admins alone', async () => {
    const viewer = await world.createToken('viewer')
    const operator = await world.createToken('operator')
    const body = { value }
    expect((await viewer.call('PUT', '/v1/secrets/api', { body })).status).toBe(403)
    expect((await operator.call('PUT', '/v1/secrets/api', { body })).status).toBe(200)
    expect((await viewer.call('GET', '/v1/secrets')).status).toBe(200)
    expect((await viewer.call('DELETE', '/v1/secrets/api')).status).toBe(403)
    expect((await operator.call('POST', '/v1/secrets/rotate', { body: {} })).status).toBe(403)
  })

  test('that a live order names is not removed unless it must be, and its order then ends', async () => {
    const runner = await aRunner()
    await set('api')
    const { body: order } = await place({ runnerId: runner.id })
    const refused = await world.admin('DELETE', '/v1/secrets/api')
    expect(refused).toMatchObject({ status: 409, body: { reason: 'secret_in_use' } })
    expect(refused.body.detail).toContain(order.id)
    expect((await world.admin('DELETE', '/v1/secrets/api?force=true')).status).toBe(204)
    expect(await ended(runner, order.id)).toEqual({ status: 'CANCELED', statusReason: 'secret_missing' })
  })
})

describe('an order that names a secret', () => {
  test('is stored and shown with the reference, and its runner alone opens the value', async () => {
    const runner = await aRunner()
    await set('api')
    const placed = await place({ runnerId: runner.id })
    expect(placed).toMatchObject({ status: 201, body: { payload: { url: { secret: 'api' }, method: 'GET' } } })
    const { claim, grant, values } = await claimed(runner)
    expect(values).toEqual({ api: value })
    expect(claim.payload).toMatchObject({ url: { secret: 'api' } })
    expect(JSON.stringify([claim, grant])).not.toContain(value)
    const wrong = { info: secretsInfo, aad: secretsBoundTo({ ...grant, attempt: 2 }) }
    await expect(openBox(runner.pem, grant.secrets, wrong)).rejects.toThrow()
    const viewed = await world.admin('GET', `/v1/orders/${placed.body.id}`)
    const events = await world.admin('GET', `/v1/orders/${placed.body.id}/events`)
    expect(JSON.stringify([viewed.body, events.body])).not.toContain(value)
  })

  test('gets the value that stands when it is claimed', async () => {
    const runner = await aRunner()
    await set('api')
    await place({ runnerId: runner.id })
    await set('api', 'the-next-value')
    expect((await claimed(runner)).values).toEqual({ api: 'the-next-value' })
  })

  test('that needs root gets it for the executor, another for the runner', async () => {
    const own = newBoxKey()
    const runner = await aRunner({ runnerSealKey: own.publicKey })
    await set('api')
    await place({ runnerId: runner.id })
    expect((await claimed({ ...runner, pem: own.toPem() })).values).toEqual({ api: value })
    const sql = { database: 'app', sql: { secret: 'api' }, runAs: 'reader' }
    const body = { type: 'db.postgres.query', runnerId: runner.id, payload: sql }
    expect((await world.admin('POST', '/v1/orders', { body })).status).toBe(201)
    expect((await claimed(runner)).values).toEqual({ api: value })
    expect(boxKeyFromPem(runner.pem).publicKey).not.toBe(own.publicKey)
  })

  test('that there is not, or for a runner that can open none, is refused when it is placed', async () => {
    const runner = await aRunner()
    expect(await place({ runnerId: runner.id })).toMatchObject({ status: 422, body: { reason: 'secret_missing' } })
    await set('api')
    const deaf = await world.createRunner()
    await world.admin('PATCH', `/v1/runners/${deaf.id}`, { body: { scopes: ['check'] } })
    expect(await place({ runnerId: deaf.id })).toMatchObject({ status: 422, body: { reason: 'secrets_unsupported' } })
    const { body: order } = await place({ scope: 'check' })
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { disabled: true } })
    expect(await ended(deaf as Runner, order.id)).toMatchObject({ statusReason: 'secrets_unsupported' })
  })

  test('bound to servers is for orders of these alone, when placed and when claimed', async () => {
    const [one, other] = [await aRunner(), await aRunner()]
    const servers = []
    for (const [name, runner] of [
      ['a', one],
      ['b', other],
    ] as const) {
      const { body } = await world.admin('POST', '/v1/servers', { body: { name } })
      await world.admin('PATCH', `/v1/servers/${body.id}/attach-runner`, { body: { runnerId: runner.id } })
      servers.push(body.id)
    }
    await set('api', value, { servers: [servers[0]] })
    expect((await place({ serverId: servers[0] })).status).toBe(201)
    expect((await claimed(one)).values).toEqual({ api: value })
    const bound = { status: 422, body: { reason: 'secret_not_for_server' } }
    expect(await place({ serverId: servers[1] })).toMatchObject(bound)
    expect(await place({ runnerId: other.id })).toMatchObject(bound)
    expect(await place({ scope: 'check' })).toMatchObject(bound)
    const { body: order } = await place({ serverId: servers[0] })
    // Set again without servers it stays bound; what waits is looked at again.
    expect(await set('api', 'another-value')).toMatchObject({ servers: [servers[0]] })
    await set('api', 'another-value', { servers: [servers[1]] })
    expect(await ended(one, order.id)).toMatchObject({ statusReason: 'secret_not_for_server' })
  })

  test('may not name more than its grant carries', async () => {
    const runner = await aRunner()
    for (const name of ['a', 'b', 'c']) await set(name, name.repeat(60_000))
    const env = Object.fromEntries(['a', 'b', 'c'].map((name) => [name.toUpperCase(), { secret: name }]))
    const body = { type: 'service.systemd.apply', runnerId: runner.id, payload: { ...service, environment: env } }
    const { body: order } = await world.admin('POST', '/v1/orders', { body })
    expect(await ended(runner, order.id)).toMatchObject({ statusReason: 'secrets_too_large' })
  })
})

test('a runner that was taken over cannot put its own key in place of its executor’s', async () => {
  const runner = await aRunner()
  const sealKey = newBoxKey().publicKey
  const tries: [string, string, unknown][] = [
    ['PATCH', `/v1/runners/${runner.id}`, { sealKey }],
    ['POST', '/v1/runner/heartbeat', { sealKey }],
    ['POST', '/v1/runner/heartbeat', { capabilities: { sealKey, seal_key: sealKey }, sealKeys: [sealKey] }],
    ['POST', '/v1/runner/heartbeat', { capabilities: { sealKey, sealKeys: [sealKey] } }],
  ]
  const statuses = []
  for (const [method, url, body] of tries) statuses.push((await runner.call(method, url, { body })).status)
  expect(statuses).toEqual([401, 400, 400, 200])
  await set('api')
  await place({ runnerId: runner.id })
  expect((await claimed(runner)).values).toEqual({ api: value })
})

test('the keys of an enrolment are under the signature of the machine that enrols', async () => {
  const { body: invited } = await world.admin('POST', '/v1/enrolments', { body: {} })
  const key = newSigningKey()
  const enrol = speaker(world, { key, runnerId: '', token: '', instance: newMachine() })
  const [own, thief] = [newBoxKey().publicKey, newBoxKey().publicKey]
  const body = { token: invited.token, publicKey: key.publicKey, sealKeys: [own] }
  for (const sealKeys of [[thief], [thief, own], [own, thief], undefined]) {
    const answer = await enrol('POST', '/v1/runner/enrol', { body, sent: { body: { ...body, sealKeys } } })
    expect(answer).toMatchObject({ status: 401 })
  }
  // A former proof is over the token alone.
  const proof = key.sign(Buffer.from(formerEnrolProofText(invited.token)))
  expect(await world.call('POST', '/v1/runner/enrol', { body: { ...body, proof } })).toMatchObject({ status: 401 })
  const { body: enrolled } = await enrol('POST', '/v1/runner/enrol', { body })
  expect(await world.store.findRunner(enrolled.runnerId)).toMatchObject({ sealKey: own, runnerSealKey: null })
})

describe('a secret that somebody changed in the database', () => {
  const edits: [string, string, (string | number)[]][] = [
    ['its ciphertext', "update secrets set ciphertext = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAA' where name = 'api'", []],
    ['its nonce', "update secrets set nonce = 'AAAAAAAAAAAAAAAA' where name = 'api'", []],
    ['its servers', "update secrets set servers = '[\"x\"]' where name = 'api'", []],
    ['its version', "update secrets set version = 7 where name = 'api'", []],
    ['who set it', "update secrets set updated_by = 'token:mallory' where name = 'api'", []],
    ['who made it', "update secrets set created_by = 'token:mallory' where name = 'api'", []],
    ['when it was set', "update secrets set updated_at = 1 where name = 'api'", []],
    ['when it was made', "update secrets set created_at = 1 where name = 'api'", []],
    ['its ciphertext for that of another', edit('ciphertext'), []],
    ['all of its value for that of another', `${edit('ciphertext')}`.replace('set', `set nonce = ${of('nonce')},`), []],
    [
      'its name',
      "update secrets set name = case name when 'api' then 'other' else 'api' end || case name when 'api' then '2' else '' end",
      [],
    ],
  ]
  function of(column: string) {
    return `(select ${column} from secrets where name = 'other')`
  }
  function edit(column: string) {
    return `update secrets set ${column} = ${of(column)} where name = 'api'`
  }

  test.each(edits)('%s is not given to an order, and shown as broken', async (_, statement, values) => {
    const runner = await aRunner()
    await set('api')
    await set('other', 'the-value-of-another')
    const { body: order } = await place({ runnerId: runner.id })
    await world.editDatabase(statement, values)
    const { status, statusReason } = await ended(runner, order.id)
    expect([status, ['secret_broken', 'secret_not_for_server'].includes(statusReason)]).toEqual(['CANCELED', true])
    const { body: list } = await world.admin('GET', '/v1/secrets')
    expect(list.items.find(({ name }: { name: string }) => name === 'api').state).toBe('broken')
    // Whoever may sets it again, and it is good.
    await set('api', value, { servers: null })
    await place({ runnerId: runner.id })
    expect((await claimed(runner)).values).toEqual({ api: value })
  })

  test('back to an older version, whole, is not given to an order', async () => {
    const runner = await aRunner()
    await set('api', 'leaked-and-replaced')
    const old = await row('api')
    world.time.now += 1000
    await set('api')
    const { body: order } = await place({ runnerId: runner.id })
    await world.editDatabase(putBack, old)
    expect(await ended(runner, order.id)).toEqual({ status: 'CANCELED', statusReason: 'secret_broken' })
    expect(
      world.logged.filter((line) => line.includes(order.id)),
      'the alarm',
    ).toHaveLength(1)
    await set('api')
    await place({ runnerId: runner.id })
    expect((await claimed(runner)).values).toEqual({ api: value })
  })

  test('back to what it was before it was removed and set again, is not given to an order', async () => {
    const runner = await aRunner()
    await set('api', 'leaked-and-replaced')
    const old = await row('api')
    await world.admin('DELETE', '/v1/secrets/api')
    await set('api')
    const { body: order } = await place({ runnerId: runner.id })
    await world.editDatabase(putBack, old)
    expect(await ended(runner, order.id)).toEqual({ status: 'CANCELED', statusReason: 'secret_broken' })
  })

  test('whose key is gone leaves its order to be claimed again, and says so', async () => {
    const runner = await aRunner()
    await set('api')
    const { body: order } = await place({ runnerId: runner.id })
    const made = world.keyring.secretKeys.make()
    world.keyring.secretKeys.removeBefore(made.version)
    await expect(runner.claim()).rejects.toThrow('204')
    expect((await world.admin('GET', `/v1/orders/${order.id}`)).body.status).toBe('CLAIMED')
    expect(world.logged.join('')).toContain('secret_key_missing')
  })
})

describe('rotation', () => {
  test('moves every secret under a new key in bounded calls, and forgets the old one', async () => {
    const runner = await aRunner()
    for (let n = 0; n < 230; n += 1) await set(`s-${n}`, `value-of-${n}`)
    const first = await world.admin('POST', '/v1/secrets/rotate', { body: {} })
    expect(first.body).toEqual({ keyVersion: 2, moved: 100, done: false })
    // Half are under one key, half under the other: both are given.
    for (const name of ['s-0', 's-99']) {
      await place({ runnerId: runner.id }, name)
      expect((await claimed(runner)).values).toEqual({ [name]: `value-of-${name.slice(2)}` })
    }
    expect(await set('new')).toMatchObject({ keyVersion: 2 })
    const body = { keyVersion: 2 }
    expect((await world.admin('POST', '/v1/secrets/rotate', { body })).body).toMatchObject({ moved: 100, done: false })
    expect((await world.admin('POST', '/v1/secrets/rotate', { body })).body).toMatchObject({ moved: 30, done: true })
    expect(world.keyring.secretKeys.find(1)).toBeNull()
    await place({ runnerId: runner.id }, 's-17')
    expect((await claimed(runner)).values).toEqual({ 's-17': 'value-of-17' })
    const other = await world.admin('POST', '/v1/secrets/rotate', { body: { keyVersion: 1 } })
    expect(other).toMatchObject({ status: 409, body: { reason: 'rotation_overtaken' } })
  })

  test('keeps the former key while a secret cannot be moved', async () => {
    await set('api')
    await world.editDatabase("update secrets set nonce = 'AAAAAAAAAAAAAAAA'", [])
    const refused = await world.admin('POST', '/v1/secrets/rotate', { body: {} })
    expect(refused).toMatchObject({ status: 422, body: { reason: 'secret_broken' } })
    expect(world.keyring.secretKeys.find(1)).not.toBeNull()
  })
})

const service = {
  name: 'gateway',
  description: 'Gateway',
  user: 'app',
  workingDirectory: '/srv/app',
  execStart: ['/usr/bin/node', 'main.js'],
}

describe('a field whose name says that it is a secret', () => {
  const body = (runnerId: string, environment: unknown) => {
    return { type: 'service.systemd.apply', runnerId, payload: { ...service, environment } }
  }

  test('that holds plain text is refused with what to do, and without the text', async () => {
    const runner = await aRunner()
    const refused = await world.admin('POST', '/v1/orders', { body: body(runner.id, { DB_PASSWORD: value }) })
    expect(refused).toMatchObject({ status: 400, body: { reason: 'plain_secret' } })
    expect(refused.body.fields).toMatchObject([{ field: 'body/payload/environment/DB_PASSWORD' }])
    expect(refused.body.detail).toContain('ikoma secret set')
    expect(JSON.stringify(refused.body)).not.toContain(value)
    const schedule = { name: 'n', cron: '0 0 * * *', timeZone: 'UTC', order: body(runner.id, { DB_PASSWORD: value }) }
    expect(await world.admin('POST', '/v1/schedules', { body: schedule })).toMatchObject({ status: 400 })
    const batch = { orders: [body(runner.id, { DB_PASSWORD: value })] }
    const answer = await world.admin('POST', '/v1/orders/batch', { body: batch })
    expect(JSON.stringify(answer.body)).toContain('plain_secret')
  })

  test('that a schedule of a former version holds in plain is placed as it was', async () => {
    const runner = await aRunner()
    const order = body(runner.id, { DB_PASSWORD: value })
    const schedule = {
      name: 'nightly',
      cron: '0 0 * * *',
      timeZone: 'UTC',
      order: { type: 'runner.selftest', runnerId: runner.id },
    }
    const { body: made } = await world.admin('POST', '/v1/schedules', { body: schedule })
    const seal = world.keyring.seal(scheduleBytes({ id: made.id, order, createdBy: 'admin-key' }))
    const entry = { at: 0, actor: 'admin-key', action: 'schedule.changed', subject: `schedule:${made.id}`, data: {} }
    await world.store.updateSchedule(made.id, { order, seal, nextRunAt: world.time.now }, entry)
    await world.runScheduler()
    const { body: orders } = await world.admin('GET', '/v1/orders')
    expect(orders.items).toMatchObject([{ type: 'service.systemd.apply', status: 'QUEUED' }])
  })

  test('may hold a reference, or text that says it is plain, which stays so when the order is placed again', async () => {
    const runner = await aRunner()
    await set('db')
    const environment = { DB_PASSWORD: { secret: 'db' }, TOKEN_KIND: { plain: 'bearer' } }
    const placed = await world.admin('POST', '/v1/orders', { body: body(runner.id, environment) })
    expect(placed).toMatchObject({ status: 201, body: { payload: { environment } } })
    await world.admin('POST', `/v1/orders/${placed.body.id}/cancel`)
    const again = await world.admin('POST', `/v1/orders/${placed.body.id}/retry`)
    expect(again).toMatchObject({ status: 201, body: { payload: { environment } } })
  })
})
