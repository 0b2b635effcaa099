import { expect, test } from 'vitest'
import { as, setupBackend } from '../testing/backend.ts'

test('requests of one address are counted together, and told how many are left', async () => {
  const { app, clock } = await setupBackend({ rateLimit: { max: 2, windowSec: 60 } })
  app.get('/x', { config: { access: 'public' } }, () => ({}))
  app.get('/y', { config: { access: 'member' } }, () => ({}))
  const first = await app.inject('/x')
  expect([first.statusCode, first.headers['x-ratelimit-limit'], first.headers['x-ratelimit-remaining']]).toEqual([
    ...[200, '2', '1'],
  ])
  // Whoever guesses at credentials pays for each.
  expect((await app.inject('/y')).statusCode).toBe(401)
  clock.at += 20_000
  const third = await app.inject({ url: '/y', headers: as('client') })
  expect([third.statusCode, third.json().reason, third.headers['retry-after']]).toEqual([
    429,
    'rate_limit_exceeded',
    '40',
  ])
  expect(third.headers['x-ratelimit-reset']).toBe('40')
  expect((await app.inject({ url: '/x', remoteAddress: '203.0.113.9' })).statusCode).toBe(200)
  clock.at += 40_000
  expect((await app.inject('/x')).statusCode).toBe(200)
})

test('what a caller claims of its address changes nothing, and one household of IPv6 is one', async () => {
  const { app } = await setupBackend({ rateLimit: { max: 1, windowSec: 60 } })
  app.get('/x', { config: { access: 'public' } }, () => ({}))
  const ask = async (remoteAddress: string, headers = {}) =>
    (await app.inject({ url: '/x', remoteAddress, headers })).statusCode
  expect(await ask('203.0.113.9')).toBe(200)
  expect(await ask('203.0.113.9', { 'x-forwarded-for': '198.51.100.1' })).toBe(429)
  expect(await ask('::ffff:203.0.113.9')).toBe(429)
  expect([await ask('2001:db8:1:2::1'), await ask('2001:db8:1:2::ffff'), await ask('2001:db8:1:3::1')]).toEqual([
    ...[200, 429, 200],
  ])
})

test('a route has a limit of its own, by caller where it says so, and HEAD is no way around', async () => {
  const { app } = await setupBackend()
  app.get('/mine', { config: { access: 'member', limit: { max: 1, windowSec: 60, by: 'caller' } } }, () => ({}))
  const login = { max: 1, windowSec: 60, name: 'sign-in' }
  app.post('/login', { config: { access: 'public', limit: login } }, () => ({}))
  app.post('/mfa', { config: { access: 'public', limit: { ...login } } }, () => ({}))
  const ask = async (method: 'GET' | 'HEAD' | 'POST', url: string, id = 'one') =>
    (await app.inject({ method, url, headers: as('client', id) })).statusCode
  expect([await ask('GET', '/mine'), await ask('HEAD', '/mine'), await ask('GET', '/mine', 'two')]).toEqual([
    200, 429, 200,
  ])
  expect([await ask('POST', '/login'), await ask('POST', '/mfa', 'two')]).toEqual([200, 429])
})

test('paths of no route count as any other, and what runs the app is not counted', async () => {
  const { app } = await setupBackend({ rateLimit: { max: 2, windowSec: 60 } })
  app.get('/x', { config: { access: 'public' } }, () => ({}))
  const ask = async (url: string) => (await app.inject(url)).statusCode
  expect([await ask('/nothing'), await ask('/health'), await ask('/nothing/else')]).toEqual([404, 200, 404])
  expect([await ask('/nothing'), await ask('/x'), await ask('/health')]).toEqual([429, 429, 200])
  expect((await app.inject({ method: 'PATCH', url: '/x' })).json().reason).toBe('rate_limit_exceeded')
})

test('production counts in Redis, or does not start', async () => {
  const refused = setupBackend({ environment: 'production', rateLimit: { max: 1, windowSec: 60 } })
  await expect(refused).rejects.toMatchObject({ reason: 'rate_limits_need_redis' })
})
