import { createHmac } from 'node:crypto'
import { createHttpApp } from '@ikoma/kernel/http'
import { createLog } from '@ikoma/kernel/node'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { openTables } from '../testing/tables.ts'
import { applyOnce, rawBodyOf, sweepWebhookEvents, verifyWebhook, type WebhookOptions, withRawBodies } from './index.ts'
import * as schema from './schema.ts'

const quiet = createLog('silent', { write: () => undefined })
let tables: Awaited<ReturnType<typeof openTables>>
beforeAll(async () => {
  tables = await openTables(inject('postgresUrl'), schema, quiet)
})
afterAll(() => tables.destroy())

const bytes = (text: string) => Buffer.from(text, 'utf8')
const at = (seconds: number) => ({ now: () => seconds * 1000 })

/** The vector of the specification of Standard Webhooks. */
const standard = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  body: bytes('{"test": 2432232314}'),
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  at: 1_614_265_330,
}
/** GitHub's, "Validating webhook deliveries", "Testing the webhook payload validation". */
const github = {
  secret: "It's a Secret to Everybody",
  body: bytes('Hello, World!'),
  headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
}
/** By the steps of Stripe's "Verify webhook signatures manually", which gives no secret with its example. */
const stripeSecret = 'whsec_test_0123456789abcdef'
const stripe = (body: string, seconds: number, secret = stripeSecret) =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`

const verifyStandard = (patch: Partial<WebhookOptions> = {}, headers = {}, body: Uint8Array = standard.body) =>
  verifyWebhook(
    body,
    { ...standard.headers, ...headers },
    {
      scheme: 'standard-webhooks',
      secrets: [standard.secret],
      clock: at(standard.at),
      ...patch,
    },
  )
const verifyStripe = (header: string | string[] | undefined, body: string, now = 1000) =>
  verifyWebhook(
    bytes(body),
    { 'stripe-signature': header },
    {
      scheme: 'stripe',
      secrets: [stripeSecret],
      clock: at(now),
    },
  )

test('the vector of Standard Webhooks is signed, and its id is the event’s', () => {
  expect(verifyStandard()).toEqual({ eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek' })
})

test('GitHub’s vector is signed, and an id beside the signature is nobody’s', () => {
  const options = { scheme: 'hmac-sha256' as const, secrets: [github.secret], clock: at(0) }
  const first = verifyWebhook(github.body, { ...github.headers, 'x-github-delivery': '1' }, options)
  expect(verifyWebhook(github.body, { ...github.headers, 'x-github-delivery': '2' }, options)).toEqual(first)
  const header = { 'x-signature': '757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17' }
  expect(verifyWebhook(github.body, header, { ...options, header: 'x-signature' })).toEqual(first)
})

test('what Stripe signs is read, its other versions are not, and the id in the body is the event’s', () => {
  const body = '{"id":"evt_1","type":"payment_intent.succeeded"}'
  expect(verifyStripe(`${stripe(body, 1000)},v0=abc`, body)).toEqual({ eventId: 'evt_1' })
  expect(() => verifyStripe(stripe(body, 1000).replace('v1=', 'v0='), body)).toThrow('not signed')
})

test('while a secret is changed, both are right, in either place', () => {
  const other = 'whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA=='
  expect(verifyStandard({ secrets: [other, standard.secret] })).toBeDefined()
  const right = standard.headers['webhook-signature']
  expect(verifyStandard({}, { 'webhook-signature': `v1,AAAA v1a,x ${right}` })).toBeDefined()
  expect(() => verifyStandard({ secrets: [other] })).toThrow('not signed')
})

test.each([
  ['a body that was changed', {}, bytes('{"test": 2432232315}')],
  ['a body that was written anew', {}, bytes('{"test":2432232314}')],
  ['another id', { 'webhook-id': 'msg_other' }, standard.body],
  ['another time', { 'webhook-timestamp': '1614265331' }, standard.body],
  ['a time that is no number', { 'webhook-timestamp': '1614265330.0' }, standard.body],
  ['no id', { 'webhook-id': undefined }, standard.body],
  ['an id that takes the time along', { 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330' }, standard.body],
  ['no signature', { 'webhook-signature': '' }, standard.body],
  ['two headers', { 'webhook-signature': [standard.headers['webhook-signature'], 'v1,x'] }, standard.body],
  ['a signature that is cut', { 'webhook-signature': 'v1,g0hM9SsE' }, standard.body],
  ['another version', { 'webhook-signature': 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' }, standard.body],
])('not signed: %s', (_, headers, body) => {
  const verify = () => verifyStandard({}, headers, body)
  expect(verify).toThrow(expect.objectContaining({ code: 'unauthorized', reason: 'webhook_not_signed' }))
})

test.each([
  ['no header', undefined],
  ['no time', stripe('{}', 1000).replace('t=1000,', '')],
  ['two times', `t=1000,${stripe('{}', 1000)}`],
  ['another secret', stripe('{}', 1000, 'whsec_test_another_secret')],
  ['an empty signature', 't=1000,v1='],
  ['nothing', ''],
])('not signed by Stripe: %s', (_, header) => {
  expect(() => verifyStripe(header, '{}')).toThrow(expect.objectContaining({ reason: 'webhook_not_signed' }))
})

test('a signature holds five minutes, before and after', () => {
  expect(verifyStripe(stripe('{}', 1000), '{}', 1300)).toBeDefined()
  expect(verifyStripe(stripe('{}', 1000), '{}', 700)).toBeDefined()
  for (const now of [1301, 699]) expect(() => verifyStripe(stripe('{}', 1000), '{}', now)).toThrow('too long ago')
  expect(verifyStandard({ clock: at(standard.at + 10), toleranceSec: 10 })).toBeDefined()
  expect(() => verifyStandard({ clock: at(standard.at + 11), toleranceSec: 10 })).toThrow('too long ago')
})

test.each([[[]], [['']], [['whsec_']], [['x'.repeat(15)]]])('secrets %j are a mistake of ours', (secrets) => {
  expect(() => verifyStandard({ secrets })).toThrow(/^webhooks: secrets/)
})

test('an event has its effect once, of twenty deliveries at once, and one that fails is forgotten', async () => {
  const event = { provider: 'stripe', eventId: 'evt_1' }
  const deliver = (effect: () => Promise<void>) =>
    tables.database.transaction((tx) => applyOnce(tx, event, at(1000), effect))
  let effects = 0
  const counted = async () => {
    effects += 1
  }
  const failing = () => deliver(async () => Promise.reject(new Error('the effect fails')))
  await expect(failing()).rejects.toThrow('the effect fails')
  const all = await Promise.all(Array.from({ length: 20 }, () => deliver(counted)))
  expect(effects).toBe(1)
  expect(all.filter((each) => each === 'applied')).toHaveLength(1)
  const other = { provider: 'paypal', eventId: 'evt_1' }
  await tables.database.transaction((tx) => applyOnce(tx, other, at(1000), counted))
  expect(effects).toBe(2)
  await sweepWebhookEvents(tables.database, at(1000 + 89 * 86_400))
  expect((await tables.database.pool.query('select * from webhook_events')).rows).toHaveLength(2)
  await sweepWebhookEvents(tables.database, at(1001 + 90 * 86_400))
  expect((await tables.database.pool.query('select * from webhook_events')).rows).toEqual([])
})

test('marked routes have the bytes that came, and the others their JSON', async () => {
  const app = await createHttpApp({
    log: quiet,
    title: 'T',
    version: '1',
    description: '',
    authorize: () => undefined,
    bodyLimitBytes: 1000,
    corsOrigins: [],
    trustProxy: [],
    publicRateLimit: 100,
    securitySchemes: {},
  })
  onTestFinished(() => app.close())
  const config = { access: 'public' }
  await withRawBodies(app, (scope) => {
    scope.post('/hook', { config }, (request) => ({ raw: Buffer.from(rawBodyOf(request)).toString('latin1') }))
  })
  app.post('/plain', { config }, (request) => ({ json: request.body, raw: rawBodyOf(request).length }))
  const post = (url: string, payload: Buffer | string, type = 'application/json') =>
    app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } })
  const body = '{ "a" : 1,\r\n"\u00e9": 2 }'
  expect((await post('/hook', body)).json()).toEqual({ raw: bytes(body).toString('latin1') })
  expect((await post('/hook', 'not json')).json()).toEqual({ raw: 'not json' })
  expect((await post('/hook', 'a=1', 'application/x-www-form-urlencoded')).json()).toEqual({ raw: 'a=1' })
  expect((await app.inject({ method: 'POST', url: '/hook' })).json()).toEqual({ raw: '' })
  expect((await post('/hook', 'x'.repeat(1001))).json()).toMatchObject({ reason: 'body_too_large' })
  expect((await post('/plain', body)).json()).toEqual({ json: { a: 1, é: 2 }, raw: 0 })
  expect((await post('/plain', 'a=1', 'application/x-www-form-urlencoded')).json()).toMatchObject({
    reason: 'media_type',
  })
})
