import { expect, test } from 'vitest'
import { createLog } from '../node/log.ts'
import { createHttpApp, sendNdjson } from './index.ts'

test('pieces are answered whole and in order, and the place is given back; HEAD reads none of them', async () => {
  const app = await createHttpApp({
    log: createLog('silent', { write() {} }),
    ...{ title: 'Test', version: '1', description: 'Test', authorize: () => {}, bodyLimitBytes: 1000 },
    ...{ corsOrigins: [], trustProxy: [], publicRateLimit: 100, securitySchemes: {} },
  })
  const told: string[] = []
  async function* pieces() {
    for (const piece of ['{"a":1}\n', '{"b":2}\n']) {
      told.push(piece)
      yield piece
    }
  }
  const back = Promise.withResolvers<void>()
  const take = () => {
    told.push('taken')
    return back.resolve
  }
  app.get('/', { config: { access: 'public' } }, (_request, reply) =>
    sendNdjson(reply, pieces(), { signal: new AbortController().signal, take }),
  )
  const head = await app.inject({ method: 'HEAD', url: '/' })
  expect([head.statusCode, head.headers['content-type'], told]).toEqual([200, 'application/x-ndjson', []])
  const answer = await app.inject('/')
  expect([answer.body, answer.headers['cache-control']]).toEqual(['{"a":1}\n{"b":2}\n', 'no-store'])
  expect(told).toEqual(['taken', '{"a":1}\n', '{"b":2}\n'])
  await back.promise
})
