import { AppError } from '@ikoma/kernel'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import * as z from 'zod'
import { newDatabase } from '../../../store/src/testing/test-database.ts'
import { deleteExpiredKeys, idempotencyKeys, keepAnswer } from './index.ts'
import { as, setupBackend } from './testing/backend.ts'

const table = `create table idempotency_keys (caller text not null, route text not null, key text not null,
  fingerprint text not null, owner text not null, locked_until bigint not null, expires_at bigint not null,
  status integer, content_type text, location text, body text, primary key (caller, route, key))`

// Not dropped: a connection of the pool that is on its way out would hear of it, and nobody would hear the connection.
let pool: pg.Pool
beforeAll(async () => {
  const { url } = await newDatabase(inject('postgresUrl'))
  pool = new pg.Pool({ connectionString: url })
  await pool.query(table)
})
afterAll(() => pool.end())

async function setup() {
  await pool.query('truncate idempotency_keys')
  const db = drizzle({ client: pool })
  const backend = await setupBackend({ db })
  let done = 0
  const work = { before: async () => {} }
  const config = { access: 'public', idempotent: true } as const
  const schema = { body: z.object({ n: z.number() }), params: z.object({ id: z.string() }) }
  const app = backend.app.withTypeProvider<ZodTypeProvider>()
  app.post('/cars/:id', { config, schema }, async (request, reply) => {
    done += 1
    await work.before()
    const { n } = request.body
    if (n === 409) throw new AppError('conflict', 'Taken.', { reason: 'slot_taken' })
    if (n === 500) throw new Error('broken')
    return reply.code(201).header('location', `/cars/${done}`).send({ done })
  })
  backend.app.post('/once', { config: { access: 'member', idempotent: 'required' } }, () => ({ done: ++done }))
  backend.app.post('/any', { config: { access: 'public' } }, () => ({ done: ++done }))
  const post = (key: string | undefined, payload: object = { n: 1 }, more: { url?: string; headers?: object } = {}) =>
    backend.app.inject({
      ...{ method: 'POST', url: more.url ?? '/cars/1', payload },
      headers: { ...(key !== undefined && { 'idempotency-key': key }), ...more.headers },
    })
  return { ...backend, db, post, work, doneSoFar: () => done }
}

let world: Awaited<ReturnType<typeof setup>>
beforeEach(async () => {
  world = await setup()
})

test('the same key and request is done once, and answered alike', async () => {
  const { post, doneSoFar } = world
  const first = await post('a')
  const second = await post('a')
  expect([first.statusCode, first.json(), first.headers.location]).toEqual([201, { done: 1 }, '/cars/1'])
  expect([second.statusCode, second.body, second.headers.location]).toEqual([201, first.body, '/cars/1'])
  expect(second.headers['content-type']).toBe(first.headers['content-type'])
  expect([first, second].map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true'])
  expect(doneSoFar()).toBe(1)
})

test('another body, or another address of the route, is refused', async () => {
  const { post, doneSoFar } = world
  await post('a')
  for (const answer of [await post('a', { n: 2 }), await post('a', { n: 1 }, { url: '/cars/2' })]) {
    expect([answer.statusCode, answer.json().reason]).toEqual([422, 'idempotency_key_reused'])
  }
  expect(doneSoFar()).toBe(1)
})

test('keys of other callers and of other routes never meet', async () => {
  const { post, doneSoFar } = world
  await post('a')
  await post('a', { n: 1 }, { headers: as('client', 'one') })
  const two = await post('a', { n: 1 }, { headers: as('client', 'two') })
  await post('a', {}, { url: '/once', headers: as('client', 'two') })
  expect([two.json(), doneSoFar()]).toEqual([{ done: 3 }, 4])
})

test('of a hundred at once one is done; the others are told to ask again, and then get its answer', async () => {
  const { post, work, doneSoFar } = world
  const others = Promise.withResolvers<void>()
  work.before = () => others.promise
  let refused = 0
  const all = Array.from({ length: 100 }, async () => {
    const answer = await post('a')
    if (answer.statusCode === 409) {
      refused += 1
      expect([answer.json().reason, answer.headers['retry-after']]).toEqual(['request_in_progress', '1'])
    }
    if (refused === 99) others.resolve()
    return answer.statusCode
  })
  const statuses = await Promise.all(all)
  expect([statuses.filter((status) => status === 201).length, refused, doneSoFar()]).toEqual([1, 99, 1])
  expect((await post('a')).json()).toEqual({ done: 1 })
})

test('a refusal of the app is an answer too; what failed here is tried again', async () => {
  const { post, doneSoFar } = world
  expect([(await post('a', { n: 409 })).statusCode, (await post('a', { n: 409 })).statusCode, doneSoFar()]).toEqual([
    409, 409, 1,
  ])
  expect([(await post('b', { n: 500 })).statusCode, (await post('b', { n: 500 })).statusCode, doneSoFar()]).toEqual([
    500, 500, 3,
  ])
  // What never reached the route took no key.
  expect((await post('c', { n: 'x' })).statusCode).toBe(400)
  expect((await post('c')).statusCode).toBe(201)
})

test('a key is forgotten after 24 hours, and its row deleted', async () => {
  const { post, clock, db } = world
  await post('a')
  clock.at += 24 * 3_600_000 - 1
  expect((await post('a')).json()).toEqual({ done: 1 })
  clock.at += 1
  expect((await post('a', { n: 2 })).json()).toEqual({ done: 2 })
  await deleteExpiredKeys(db, clock.at)
  expect(await db.select().from(idempotencyKeys)).toHaveLength(1)
  await deleteExpiredKeys(db, clock.at + 24 * 3_600_000)
  expect(await db.select().from(idempotencyKeys)).toEqual([])
})

describe('a process that died in the middle', () => {
  const dies = () => sql`update idempotency_keys set status = null, body = null, owner = 'gone'`

  test('gives its key back, to the same request alone', async () => {
    const { post, clock, db } = world
    await post('a')
    await db.execute(dies())
    expect((await post('a')).statusCode).toBe(409)
    clock.at += 120_000
    expect((await post('a', { n: 2 })).statusCode).toBe(422)
    expect((await post('a')).json()).toEqual({ done: 2 })
  })

  test('has its answer kept where the work is, if that was done', async () => {
    const { app, post, db } = world
    app.post('/safe', { config: { access: 'public', idempotent: true } }, async (request) => {
      await db.transaction(async (tx) => keepAnswer(tx, request, { status: 200, body: { safe: true } }))
      const [row] = await db.select().from(idempotencyKeys)
      expect([row?.status, row?.body]).toEqual([200, '{"safe":true}'])
      // As if it ended here: what follows is another answer, that nobody gets again.
      await db.execute(sql`update idempotency_keys set owner = 'gone'`)
      return { safe: false }
    })
    await post('a', {}, { url: '/safe' })
    expect((await post('a', {}, { url: '/safe' })).json()).toEqual({ safe: true })
  })

  test('and lives after all, does not touch the key that another took over', async () => {
    const { post, work, clock, doneSoFar } = world
    const first = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    work.before = () => {
      began.resolve()
      return first.promise
    }
    const slow = post('a')
    await began.promise
    clock.at += 120_000
    work.before = async () => {}
    const taken = await post('a')
    first.resolve()
    await slow
    expect([(await post('a')).body, doneSoFar()]).toEqual([taken.body, 2])
  })
})

test('only routes that ask keep answers, and one may want a key', async () => {
  const { post, app } = world
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, _body, done) => done(null, {}))
  expect([(await post('a', {}, { url: '/any' })).json(), (await post('a', {}, { url: '/any' })).json()]).toEqual([
    ...[{ done: 1 }, { done: 2 }],
  ])
  for (const key of [undefined, '', 'x'.repeat(201), 'a b', 'é']) {
    const { statusCode } = await post(key, {}, { url: '/once', headers: as('client') })
    expect([key, statusCode]).toEqual([key, 400])
  }
  expect((await post(undefined)).statusCode).toBe(201)
  const headers = { ...as('client'), 'idempotency-key': 'z', 'content-type': 'application/octet-stream' }
  const { statusCode } = await app.inject({ method: 'POST', url: '/once', headers, payload: Buffer.from('x') })
  expect(statusCode).toBe(400)
})

test('an app that was given no database has no route that keeps answers', async () => {
  const { app } = await setupBackend()
  expect(() => app.post('/x', { config: { access: 'public', idempotent: true } }, () => 'x')).toThrow('no db')
})

test('a route that answers a credential, however deep in it, keeps no answers', async () => {
  const { app } = await setupBackend({ db: drizzle({ client: pool }) })
  const answering = (shape: z.ZodType) => () =>
    app.post(
      '/x',
      { config: { access: 'public', idempotent: true }, schema: { response: { 200: shape } } },
      async () => ({}),
    )
  expect(answering(z.object({ user: z.object({ refresh_token: z.string() }) }))).toThrow('credential "refresh_token"')
  expect(answering(z.array(z.object({ codes: z.object({ totpSecret: z.string() }) })))).toThrow('"totpSecret"')
  expect(answering(z.object({ token_type: z.string(), at: z.date() }))).not.toThrow()
})
