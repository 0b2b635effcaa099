import { type AddressInfo, connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AppError } from '../errors.ts'
import { createLog } from '../node/log.ts'
import { createHttpApp, errorSender, statusOf } from './index.ts'

async function setup(more: Partial<Parameters<typeof createHttpApp>[0]> = {}) {
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
    ...more,
  })
  return app
}

test('a route that does not say who may call it stops the start', async () => {
  const app = await setup()
  expect(() => app.get('/open', () => 'x')).toThrow('GET /open does not say who may call it')
})

test('a route that begins as the documentation does is no more open than another', async () => {
  const asked: unknown[] = []
  const app = await setup({ authorize: ({ routeOptions }) => void asked.push(routeOptions.config.access) })
  expect(() => app.get('/docs-of-staff', () => 'x')).toThrow('GET /docs-of-staff does not say who may call it')
  app.get('/docs/:id', { config: { access: 'staff' } }, () => 'x')
  await app.inject('/docs/7')
  expect(asked).toEqual(['staff'])
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

test('of a thousand requests that fail by one outage one line is written, and each mistake has its own', async () => {
  const lines: { level: string; msg: string; failed?: number }[] = []
  const app = await setup({ log: createLog('info', { write: (line) => lines.push(JSON.parse(line)) }) })
  const failing: Record<string, Error> = {
    '/down': new AppError('unavailable', 'The database does not answer.', { reason: 'store_unreachable' }),
    '/full': new AppError('unavailable', 'The disk is full.', { reason: 'store_disk_full' }),
    '/mistake': new Error('a mistake'),
  }
  for (const [path, error] of Object.entries(failing))
    app.get(path, { config: { access: 'public' }, logLevel: 'info' }, () => {
      throw error
    })
  for (let n = 0; n < 30; n += 1) for (const path of Object.keys(failing)) await app.inject(path)
  const said = lines.filter(({ msg }) => msg.startsWith('request failed'))
  expect(said.filter(({ level }) => level === 'warn')).toMatchObject([{ failed: 1 }, { failed: 1 }])
  expect(said.filter(({ level }) => level === 'error')).toHaveLength(30)
})

test('errors are answered in the caller’s own shape, wherever they come from, with the same status and headers', async () => {
  const sendError = errorSender('application/json', ({ code, message }) => ({ error: { code, message } }))
  const app = await setup({ sendError })
  app.get('/taken', { config: { access: 'public' } }, () => {
    throw new AppError('rate_limited', 'slower', { retryAfterSec: 7 })
  })
  app.get('/broken', { config: { access: 'public' } }, () => {
    throw new Error('password=hunter2')
  })
  app.post('/', { config: { access: 'public' } }, () => ({}))
  const asked: [string, number, string][] = [
    ['/taken', 429, 'slower'],
    ['/broken', 500, 'Something went wrong here. The log has the details under this request id.'],
    ['/nothing', 404, 'There is no GET /nothing.'],
    ['/%', 400, "'/%' is not a valid url component"],
  ]
  for (const [url, status, message] of asked) {
    const answer = await app.inject(url)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'application/json; charset=utf-8'])
    expect(answer.json()).toEqual({ error: { code: expect.any(String), message } })
  }
  expect((await app.inject('/taken')).headers['retry-after']).toBe('7')
  const large = await app.inject({ method: 'POST', url: '/', payload: { x: 'x'.repeat(2_000) } })
  expect([large.statusCode, large.json()]).toEqual([413, { error: expect.objectContaining({ code: 'too_large' }) }])
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

test('a path that no route has is answered not found, as a problem', async () => {
  const app = await setup()
  const answer = await app.inject('/nothing?of=this')
  expect([answer.statusCode, answer.headers['x-request-id']]).toEqual([404, expect.any(String)])
  expect(answer.json()).toMatchObject({ reason: 'no_route', detail: 'There is no GET /nothing.' })
})

test('strangers are held to their rate on a public route, whoever is known is not', async () => {
  const known = (request: { headers: Record<string, unknown> }) => request.headers.known === 'yes'
  for (const isKnown of [undefined, known]) {
    const app = await setup({ publicRateLimit: 1, ...(isKnown && { isKnown }) })
    app.get('/', { config: { access: 'public' } }, () => ({}))
    const ask = async (headers = {}) => (await app.inject({ url: '/', headers })).statusCode
    expect([await ask(), await ask()]).toEqual([200, 429])
    expect(await ask({ known: 'yes' })).toBe(isKnown ? 200 : 429)
  }
})

test('JSON with many neighbours is not deep, whatever its texts hold', async () => {
  const app = await setup({ bodyLimitBytes: 10_000 })
  app.post('/', { config: { access: 'public' } }, () => ({}))
  const post = (value: unknown) =>
    app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'application/json' }, payload: value as object })
  for (const wide of [Array(500).fill([]), Array(500).fill({}), ['['.repeat(500)], ['\\"[', '{'.repeat(500)]]) {
    expect((await post(wide)).statusCode).toBe(200)
  }
  const deep = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`)
  expect([(await post(deep[0])).statusCode, (await post(deep)).statusCode]).toEqual([200, 400])
})

test('what is set of connections, HSTS, CORS and limits takes the place of what the house has', async () => {
  const app = await setup({
    ...{ hsts: { maxAge: 60, includeSubDomains: true }, cors: { methods: ['PUT'] }, publicRateLimit: null },
    keepAliveMs: 200_000,
  })
  app.get('/', { config: { access: 'public' } }, () => ({}))
  const plain = await app.inject({ url: '/', headers: { origin: 'https://console.example.com' } })
  expect(plain.headers['strict-transport-security']).toBe('max-age=60; includeSubDomains')
  expect(plain.headers['x-ratelimit-limit']).toBeUndefined()
  const preflight = await app.inject({
    ...{ method: 'OPTIONS', url: '/' },
    headers: { origin: 'https://console.example.com', 'access-control-request-method': 'PUT' },
  })
  expect(preflight.headers['access-control-allow-methods']).toBe('PUT')
  expect([app.server.keepAliveTimeout, (await setup()).server.keepAliveTimeout]).toEqual([200_000, 130_000])
})

test('X-Forwarded-For is not believed from whoever sends it', async () => {
  const app = await setup()
  app.get('/', { config: { access: 'public' } }, (request) => ({ ip: request.ip }))
  const answer = await app.inject({ url: '/', headers: { 'x-forwarded-for': '10.0.0.1' } })
  expect(answer.json()).toEqual({ ip: '127.0.0.1' })
})

describe('a caller that takes its time', () => {
  const limits = { headersMs: 150, requestMs: 300, unreadMs: 300, checkEveryMs: 20 }

  async function serve() {
    const app = await setup({ limits })
    app.post('/', { config: { access: 'public' } }, () => ({}))
    app.get('/large', { config: { access: 'public' } }, () => 'x'.repeat(50 * 2 ** 20))
    await app.listen({ host: '127.0.0.1', port: 0 })
    onTestFinished(() => app.close())
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    // Writing on after the other side has closed is an error, which is no news here.
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    return { app, socket, closed }
  }

  test.each([
    ['headers', 'POST / HTTP/1.1\r\nhost: x\r\n', 'x-a: b\r\n'],
    ['a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n', ' '],
    [
      'a chunked body',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      '1\r\n \r\n',
    ],
  ])('over %s is cut off, though it goes on sending', async (_, beginning, piece) => {
    const { socket, closed } = await serve()
    socket.write(beginning)
    const sending = setInterval(() => socket.write(piece), 20)
    socket.resume()
    await closed
    clearInterval(sending)
  })

  test('over an answer is cut off when it takes nothing more of it', async () => {
    const { app, socket } = await serve()
    const gone = new Promise((resolve) => app.server.once('connection', (peer) => peer.once('close', resolve)))
    socket.pause().write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
    await gone
    socket.destroy()
  })

  test('over its next question is not, while its connection is kept', async () => {
    const { socket, closed } = await serve()
    let answers = 0
    let answered = () => {}
    socket.on('data', (bytes) => {
      answers += String(bytes).split('HTTP/1.1 200').length - 1
      answered()
    })
    const ask = async () => {
      const next = new Promise<void>((resolve) => {
        answered = resolve
      })
      socket.write('POST / HTTP/1.1\r\nhost: x\r\n\r\n')
      await Promise.race([next, closed])
    }
    await ask()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await ask()
    expect(answers).toBe(2)
    socket.destroy()
  })
})
