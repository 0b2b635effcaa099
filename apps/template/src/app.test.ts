import { join } from 'node:path'
import { Config, readContractFile } from '@ikoma/backend/config'
import { openDatabase } from '@ikoma/backend/postgres'
import { testDatabase } from '@ikoma/backend/testing'
import { checkEnvironment } from '@ikoma/kernel/contract'
import { createLog } from '@ikoma/kernel/node'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createApp } from './app.ts'

const folder = join(import.meta.dirname, '..')
const key = 'local-key-for-writing-notes-only'

async function setup() {
  const { url, drop } = await testDatabase(inject('postgresUrl'), join(folder, 'migrations'))
  const log = createLog('error', { write: () => true })
  const database = openDatabase({ url, log })
  const contract = readContractFile(join(folder, 'env.contract.yaml'))
  const { values } = checkEnvironment(contract, 'local', {})
  const config = new Config(contract, 'local', values)
  const backend = await createApp({ config, log, database, databaseUrl: url, dataDir: '' })
  onTestFinished(async () => {
    await backend.close()
    await database.close()
    await drop()
  })
  const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, headers: object = {}) => {
    const answer = await backend.app.inject({
      method,
      url: path,
      headers: { ...headers },
      ...(body ? { payload: body } : {}),
    })
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() }
  }
  const writer = { authorization: `Bearer ${key}` }
  return { call, writer }
}

test('a note is written, listed and thrown away', async () => {
  const { call, writer } = await setup()
  const { status, body } = await call('POST', '/v1/notes', { text: ' hello ' }, writer)
  expect([status, body.text]).toEqual([201, 'hello'])
  expect((await call('GET', '/v1/notes')).body).toEqual({ items: [body], next: null })
  expect((await call('DELETE', `/v1/notes/${body.id}`, undefined, writer)).status).toBe(204)
  expect((await call('DELETE', `/v1/notes/${body.id}`, undefined, writer)).status).toBe(404)
})

test('strangers read, and write nothing', async () => {
  const { call } = await setup()
  expect((await call('GET', '/v1/notes')).status).toBe(200)
  expect((await call('POST', '/v1/notes', { text: 'x' })).status).toBe(401)
  expect((await call('POST', '/v1/notes', { text: 'x' }, { authorization: 'Bearer wrong' })).status).toBe(401)
})

test('the same key writes one note however often it is sent', async () => {
  const { call, writer } = await setup()
  const headers = { ...writer, 'idempotency-key': 'k-1' }
  const [first, second] = [
    await call('POST', '/v1/notes', { text: 'a' }, headers),
    await call('POST', '/v1/notes', { text: 'a' }, headers),
  ]
  expect(second).toEqual(first)
  expect((await call('GET', '/v1/notes')).body.items).toHaveLength(1)
})

test('many notes are read page by page', async () => {
  const { call, writer } = await setup()
  for (let n = 0; n < 5; n += 1) await call('POST', '/v1/notes', { text: String(n) }, writer)
  const texts: string[] = []
  let after = ''
  for (;;) {
    const { body } = await call('GET', `/v1/notes?limit=2${after}`)
    texts.push(...body.items.map(({ text }: { text: string }) => text))
    if (body.next === null) break
    after = `&after=${body.next}`
  }
  expect(texts).toEqual(['4', '3', '2', '1', '0'])
})

test.each([
  [{}, 'text'],
  [{ text: ' ' }, 'text'],
  [{ text: 'x'.repeat(2_001) }, 'text'],
  [{ text: 'x', more: 1 }, 'more'],
])('what is wrong with %j is named', async (body, field) => {
  const { call, writer } = await setup()
  const answer = await call('POST', '/v1/notes', body, writer)
  expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining(field)])
})
