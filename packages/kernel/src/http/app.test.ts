import { expect, test } from 'vitest'
import { AppError } from '../errors.ts'
import { createLog } from '../node/log.ts'
import { createHttpApp, statusOf } from './index.ts'

async function setup() {
  const app = await createHttpApp({
    log: createLog('silent', { write() {} }),
    title: 'Test',
    version: '1',
    description: 'Test',
    authorize: () => {},
    bodyLimitBytes: 1000,
    corsOrigins: ['https://console.example.com'],
    trustProxy: [],
    publicRateLimit: 100,
    securitySchemes: {},
  })
  return app
}

test('a route that does not say who may call it stops the start', async () => {
  const app = await setup()
  expect(() => app.get('/open', () => 'x')).toThrow('GET /open does not say who may call it')
})

test.each(Object.entries(statusOf))('an AppError %s is answered %i as problem+json', async (code, status) => {
  const app = await setup()
  app.get('/', { config: { access: 'public' } }, () => {
    throw new AppError(code as keyof typeof statusOf, 'what is wrong', { reason: 'why', retryAfterSec: 7 })
  })
  const answer = await app.inject('/')
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([
    status,
    'application/problem+json; charset=utf-8',
  ])
  expect(answer.json()).toMatchObject({ status, detail: 'what is wrong', reason: 'why' })
  expect(answer.headers['retry-after']).toBe('7')
})

test('an error nobody expected shows nothing of itself', async () => {
  const app = await setup()
  app.get('/', { config: { access: 'public' } }, () => {
    throw new Error('password=hunter2 at /etc/secret')
  })
  const answer = await app.inject('/')
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toMatch(/hunter2|secret/)
})

test.each([
  ['https://console.example.com', 'https://console.example.com'],
  ['https://console.example.com.evil.net', undefined],
  ['null', undefined],
])('an Origin of %s is answered with access-control-allow-origin %s', async (origin, allowed) => {
  const app = await setup()
  app.get('/', { config: { access: 'public' } }, () => ({}))
  const answer = await app.inject({ url: '/', headers: { origin } })
  expect(answer.headers['access-control-allow-origin']).toBe(allowed)
})

test('X-Forwarded-For is not believed from whoever sends it', async () => {
  const app = await setup()
  app.get('/', { config: { access: 'public' } }, (request) => ({ ip: request.ip }))
  const answer = await app.inject({ url: '/', headers: { 'x-forwarded-for': '10.0.0.1' } })
  expect(answer.json()).toEqual({ ip: '127.0.0.1' })
})
