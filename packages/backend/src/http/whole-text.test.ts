import { DrizzleQueryError } from 'drizzle-orm'
import pg from 'pg'
import { expect, test } from 'vitest'
import { translate } from '../postgres/errors.ts'
import { setupBackend } from './testing/backend.ts'

test.each([
  ['a NUL in a body', 'POST', '/x/1', '{"texts":["a\\u0000"]}', 'body/texts/0'],
  ['a NUL in the name of a field', 'POST', '/x/1', '{"more":{"\\u0000":1}}', 'body/more'],
  ['half of a pair in a body', 'POST', '/x/1', '{"more":{"b":"\\ud800"}}', 'body/more/b'],
  ['a NUL in a query', 'POST', '/x/1?q=%00', '{}', 'querystring/q'],
  ['a NUL in a path', 'POST', '/x/a%00', '{}', 'params/id'],
] as const)('%s is refused by its place, before anybody stores it', async (_, method, url, payload, field) => {
  const { app } = await setupBackend()
  app.post('/x/:id', { config: { access: 'public' } }, () => 'stored')
  const answer = await app.inject({ method, url, payload, headers: { 'content-type': 'application/json' } })
  expect([answer.statusCode, answer.json().fields?.[0].field]).toEqual([400, field])
})

test('what the database refuses is the caller’s fault where it is, also outside of a transaction', async () => {
  const { app } = await setupBackend()
  const refused = Object.assign(new pg.DatabaseError('x', 1, 'error'), { code: '22003', detail: 'canary' })
  app.get('/x', { config: { access: 'public' } }, () => {
    throw new DrizzleQueryError('select $1', ['canary'], translate(refused) as Error)
  })
  const answer = await app.inject('/x')
  expect([answer.statusCode, answer.json().reason]).toEqual([422, 'value_not_storable'])
  expect(answer.body).not.toContain('canary')
})
