import { expect, test } from 'vitest'
import { AppError } from '../errors.ts'
import { createLog, type Log } from './log.ts'

const secret = 'hunter2Xq'

test('the log never shows a credential', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const request = { headers: { 'x-api-key': 'k' } }
  log.info({ token: 'app_key_x', runner: { tokenHash: 'h' }, headers: { cookie: 'k' }, req: request }, 'hello')
  expect(lines.join()).toContain('hello')
  expect(lines.join()).not.toMatch(/app_key_x|"h"|"k"/)
})

test.each<[string, (log: Log) => void]>([
  ['a field by its name', (log) => log.info({ smtp: { LOGIN: secret }, apiKey: secret }, 'x')],
  ['a text in a field', (log) => log.info({ url: `postgres://u:${secret}@db`, line: `--token ${secret}` }, 'x')],
  ['a message', (log) => log.info({}, `pass: ${secret}`)],
  ['a message with values', (log) => log.info('it said %s', `PGPASSWORD=${secret}`)],
  [
    'an error',
    (log) => log.error({ err: new Error(`GET /?sig=${secret}`, { cause: new Error(`pin=${secret}`) }) }, 'x'),
  ],
  ['an error by itself', (log) => log.error(new Error(`Set-Cookie: sid=${secret}`))],
  ['what a child was given', (log) => log.child({ token: secret }).info('x')],
  ['JSON in JSON', (log) => log.info({ body: JSON.stringify({ a: JSON.stringify({ password: secret }) }) }, 'x')],
  ['headers deeper down', (log) => log.info({ a: { req: { headers: { accept: secret, cookie: secret } } } }, 'x')],
])('the log does not show a secret in %s', (_where, write) => {
  const lines: string[] = []
  write(createLog('info', { write: (line) => lines.push(line) }))
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain(secret)
  expect(() => JSON.parse(lines[0] ?? '')).not.toThrow()
})

test('what does not answer is said without a stack, and with its cause', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:5432')
  log.warn({
    err: new AppError('unavailable', 'The database does not answer.', { reason: 'store_unreachable', cause }),
  })
  expect(JSON.parse(lines[0] ?? '').err).toEqual({
    ...{ type: 'AppError', reason: 'store_unreachable', detail: 'The database does not answer.' },
    cause: cause.message,
  })
  log.warn({ err: new AppError('internal', 'a mistake') })
  expect(JSON.parse(lines[1] ?? '').err.stack).toContain('log.test.ts')
})

test('the log leaves ordinary fields as they are', () => {
  const lines: string[] = []
  const fields = {
    orderId: '0198c000',
    ms: 3,
    ok: true,
    none: null,
    at: new Date(0),
    key: undefined,
    url: '/v1/orders?limit=2',
  }
  createLog('info', { write: (line) => lines.push(line) }).info(fields, 'request')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    ...{ orderId: '0198c000', ms: 3, ok: true, none: null, at: '1970-01-01T00:00:00.000Z' },
    ...{ url: '/v1/orders?limit=2', msg: 'request' },
  })
})
