import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { proofText } from '@ikoma/api'
import { expect, onTestFinished, test } from 'vitest'
import { createControlPlaneClient } from './control-plane-client.ts'
import type { Identity } from './identity.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const instance = `${'a'.repeat(32)}.${'b'.repeat(16)}`

interface Heard {
  path: string
  headers: IncomingMessage['headers']
  body: string
}
interface Said {
  status: number
  headers?: Record<string, string>
  body: object
}

/** A control plane that answers as told, and a client of it. */
interface Around {
  base?: string
  told?: (limitSec: number) => void
}

async function setup(answer: (heard: Heard, count: number) => Said | Promise<Said>, { base = '', told }: Around = {}) {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const bytes of request) body += bytes
    heard.push({ path: request.url ?? '', headers: request.headers, body })
    const { status, headers, body: said } = await answer(heard.at(-1) as Heard, heard.length)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(said))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`
  const me = { url, runnerId: 'r', token: 't', privateKeyPem: 'pem', privateKey } as unknown as Identity
  return { heard, client: createControlPlaneClient(() => me, instance, told) }
}

const ok = (nonce: string): Said => ({
  status: 200,
  headers: { 'x-ikoma-nonce': nonce },
  body: { ok: true, serverTime: '2026-01-15T12:00:00.000Z' },
})
const refused = (reason: string, headers = {}): Said => ({ status: 401, headers, body: { detail: 'no', reason } })
const nonceOf = ({ headers }: Heard) => String(headers['x-runner-proof']).split('.')[1]

test('the first request asks for a nonce, and each later one is signed with the nonce of the answer before', async () => {
  const { heard, client } = await setup(({ headers }, count) =>
    headers['x-runner-proof'] ? ok(`nonce-${count}`) : refused('proof_needed', { 'x-ikoma-nonce': 'nonce-1' }),
  )
  await client.heartbeat({ status: 'ONLINE' })
  await client.heartbeat({ status: 'ONLINE' })
  expect(heard).toHaveLength(3)
  expect(heard.slice(1).map((one) => nonceOf(one)?.split('~')[0])).toEqual(['nonce-1', 'nonce-2'])
  expect(heard[0]?.headers).toMatchObject({ 'x-runner-protocol': '2', 'x-runner-instance': instance })
})

test('what is signed is the request: method, path with query, body, runner, machine, nonce and lease', async () => {
  const { heard, client } = await setup(() => ok('nonce'))
  await client.heartbeat({ status: 'ONLINE' })
  const hold = { orderId: 'o', lease: 'the-lease' }
  await client.renew(hold, { waitSec: 7, signal: new AbortController().signal, timeoutMs: 1_000 }).catch(() => {})
  const { path, headers, body } = heard[1] as Heard
  expect(path).toBe('/v1/runner/orders/o/heartbeat?waitSec=7')
  const digest = createHash('sha256').update(body).digest('base64')
  expect(headers['content-digest']).toBe(`sha-256=:${digest}:`)
  const [form, nonce = '', signature = ''] = String(headers['x-runner-proof']).split('.')
  expect(form).toBe('2')
  const text = proofText({ method: 'POST', path, digest, runnerId: 'r', instance, nonce, lease: 'the-lease' })
  expect(verify(null, Buffer.from(text), createPublicKey(privateKey), Buffer.from(signature, 'base64url'))).toBe(true)
})

test('requests under one nonce are never alike', async () => {
  const { heard, client } = await setup(() => ok('nonce'))
  await client.heartbeat({ status: 'ONLINE' })
  await Promise.all([1, 2, 3].map(() => client.heartbeat({ status: 'ONLINE' })))
  expect(new Set(heard.slice(1).map(({ headers }) => headers['x-runner-proof'])).size).toBe(3)
})

test('a credential that is simply wrong is not tried again', async () => {
  const { heard, client } = await setup(() => refused('runner_auth_required', { 'x-ikoma-nonce': 'nonce' }))
  await expect(client.heartbeat({ status: 'ONLINE' })).rejects.toMatchObject({ status: 401 })
  expect(heard).toHaveLength(1)
})

test('a nonce that is never good does not make it ask for ever', async () => {
  const { heard, client } = await setup(() => refused('proof_needed', { 'x-ikoma-nonce': 'nonce' }))
  await expect(client.heartbeat({ status: 'ONLINE' })).rejects.toMatchObject({ status: 401 })
  expect(heard).toHaveLength(3)
})

test('a time that a control plane tells changes nothing of what is signed', async () => {
  const serverTime = new Date(Date.now() + 180_000).toISOString()
  const { heard, client } = await setup(() => ({ status: 401, body: { detail: 'no', reason: 'x', serverTime } }))
  await expect(client.heartbeat({ status: 'ONLINE' })).rejects.toMatchObject({ status: 401 })
  expect(heard.map(({ headers }) => headers['x-runner-proof'])).toEqual([undefined])
})

test('a control plane that knows no nonces is named as what has to be updated', async () => {
  const { client } = await setup(() => refused('runner_auth_required'))
  await expect(client.heartbeat({ status: 'ONLINE' })).rejects.toMatchObject({
    problem: { reason: 'control_plane_too_old', detail: expect.stringContaining('Update the control plane') },
  })
})

test('a redirect is never followed: what it leads to gets no credential', async () => {
  const thief = await setup(() => ok('nonce'))
  const { heard, client } = await setup((_, count) =>
    count === 1
      ? ok('nonce')
      : { status: 307, headers: { location: 'http://127.0.0.1:1/v1/runner/heartbeat' }, body: {} },
  )
  await client.heartbeat({ status: 'ONLINE' })
  await expect(client.heartbeat({ status: 'ONLINE' })).rejects.toThrow()
  expect([heard.length, thief.heard.length]).toEqual([2, 0])
})

test('a path that cuts waiting requests is learned: no outage, no pause, and the next waits for less', async () => {
  const cut: number[] = []
  const { heard, client } = await setup(
    async ({ path }) => {
      const waitSec = Number(new URL(path, 'http://x').searchParams.get('waitSec'))
      if (waitSec < 2) return { status: 200, headers: { 'x-ikoma-nonce': 'n' }, body: { orders: [] } }
      await new Promise((resolve) => setTimeout(resolve, 1_600))
      return { status: 504, body: {} }
    },
    { told: (limitSec) => cut.push(limitSec) },
  )
  const { signal } = new AbortController()
  const nothing = { claims: [], unreadable: [], unnamed: 0 }
  for (let n = 0; n < 2; n += 1) expect(await client.claim({ waitSec: 25, max: 1, signal })).toEqual(nothing)
  expect(heard.map(({ path }) => path)).toEqual([
    '/v1/runner/orders/claim-next?waitSec=25&max=1',
    '/v1/runner/orders/claim-next?waitSec=1&max=1&again=true',
  ])
  expect([cut, client.pathLimitSec()]).toEqual([[1], 1])
})

test('after a claim without an answer the next one asks for what it may have given', async () => {
  const { heard, client } = await setup((_, count) =>
    count < 3
      ? { status: 503, headers: { 'x-ikoma-nonce': 'n' }, body: {} }
      : { status: 200, headers: { 'x-ikoma-nonce': 'n' }, body: { orders: [] } },
  )
  const { signal } = new AbortController()
  const ask = () => client.claim({ waitSec: 1, max: 1, signal }).catch(() => null)
  for (let n = 0; n < 4; n += 1) await ask()
  const asked = heard.map(({ path }) => new URL(path, 'http://x').searchParams.get('again'))
  expect(asked).toEqual([null, 'true', 'true', null])
})
