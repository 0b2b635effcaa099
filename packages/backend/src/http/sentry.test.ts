import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { AppError } from '@ikoma/kernel'
import { DrizzleQueryError } from 'drizzle-orm'
import { expect, onTestFinished, test } from 'vitest'
import { as, setupBackend } from './testing/backend.ts'

/** Where a DSN leads: what was sent there, once it has come. */
async function sink() {
  const came: { url: string; body: string }[] = []
  let news = () => {}
  const server = createServer(async (request, response) => {
    came.push({ url: request.url ?? '', body: await text(request) })
    response.end('{}')
    news()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const next = () => new Promise<void>((resolve) => (news = resolve))
  return { came, next, dsn: `http://ofthesink@127.0.0.1:${(server.address() as AddressInfo).port}/7` }
}

test('an error that nobody expected is told, without what the request carried and without secrets', async () => {
  const { came, next, dsn } = await sink()
  const { app, close } = await setupBackend({ sentryDsn: dsn, environment: 'staging', drainMs: 0 })
  app.post('/cars/:id', { config: { access: 'member' } }, () => {
    const refused = Object.assign(new Error('refused'), { detail: 'Key (plate)=(canary-detail) exists' })
    const cause = new DrizzleQueryError('insert into cars values ($1)', ['canary-parameter'], refused)
    throw new Error('no connection to postgres://app:canary-password@db/app', { cause })
  })
  const sent = next()
  const answer = await app.inject({
    ...{ method: 'POST', url: '/cars/canary-path?token=canary-query', payload: { note: 'canary-body' } },
    headers: { ...as('client', 'canaryid'), cookie: 'session=canary-cookie', 'x-api-key': 'canary-header' },
  })
  await sent
  expect([answer.statusCode, came.length]).toEqual([500, 1])
  expect(came[0]?.url).toMatch(/^\/api\/7\/envelope\//)
  const [, , event = ''] = came[0]?.body.split('\n') ?? []
  expect(JSON.parse(event)).toMatchObject({
    ...{ environment: 'staging', release: '1.2.3', level: 'error' },
    tags: { method: 'POST', route: '/cars/:id', request_id: answer.headers['x-request-id'] },
  })
  expect(event).toContain('no connection to postgres://[REDACTED]@db/app')
  expect(event).toContain('sentry.test.ts')
  expect(event).toContain('"refused"')
  expect(came[0]?.body).not.toContain('canary')
  await close()
})

test('what the app refuses by itself is no news', async () => {
  const { came, next, dsn } = await sink()
  const { app } = await setupBackend({ sentryDsn: dsn })
  app.get('/x', { config: { access: 'public' } }, () => {
    throw new AppError('conflict', 'Taken.')
  })
  app.get('/broken', { config: { access: 'public' } }, () => {
    throw new Error('told')
  })
  const sent = next()
  expect([(await app.inject('/x')).statusCode, (await app.inject('/none')).statusCode]).toEqual([409, 404])
  await app.inject('/broken')
  await sent
  expect(came.map(({ body }) => body.includes('"told"'))).toEqual([true])
})

test('a Sentry that cannot be reached keeps no answer and no stop waiting', async () => {
  const { app, close } = await setupBackend({ sentryDsn: 'http://nobody@127.0.0.1:1/1' })
  app.get('/x', { config: { access: 'public' } }, () => {
    throw new Error('x')
  })
  expect((await app.inject('/x')).statusCode).toBe(500)
  await close()
})

test.each(['sentry', 'https://o1.ingest.sentry.io/1', 'https://canary-key@sentry.io/1', 'https://canary@sentry.io'])(
  'a DSN that is none, %s, stops the start, and is not told',
  async (sentryDsn) => {
    const error = await setupBackend({ sentryDsn }).then(
      () => null,
      (refusal: AppError) => refusal,
    )
    expect([error?.reason, error?.message]).toEqual(['sentry_dsn_invalid', expect.not.stringContaining('canary')])
  },
)
