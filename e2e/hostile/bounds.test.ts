import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { leaseHeader, nonceHeader, reportBounds } from '@ikoma/api'
import { expect, type TestContext, test } from 'vitest'
import { until } from '../kit/until.ts'
import { adminKey, type ControlPlane, newWorld } from '../kit/world.ts'

const orders = 100

async function setup(t: TestContext) {
  const world = await newWorld('sqlite', t)
  const server = await world.startServer({ IKOMA_CLAIM_LEASE_SEC: '110', IKOMA_RUN_LEASE_SEC: '110' })
  const { id, token } = await server.client.createRunner({ name: 'loud', scopes: ['*'], concurrency: 100 })
  const say = (path: string, body: unknown, lease?: string) =>
    fetch(new URL(`/v1/runner/${path}`, server.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-runner-id': id,
        'x-runner-token': token,
        ...(lease ? { [leaseHeader]: lease } : {}),
      },
      body: JSON.stringify(body),
    })
  return { world, server, id, say }
}

/** What a process holds in memory, in MiB. */
function residentMiB(pid: number): number {
  const [, kib = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

async function listBytes({ url }: ControlPlane): Promise<number> {
  const response = await fetch(new URL('/v1/orders?limit=200', url), { headers: { 'x-ikoma-admin-key': adminKey } })
  expect(response.status).toBe(200)
  return (await response.arrayBuffer()).byteLength
}

/** Passes everything on, but makes each grant larger than a runner reads; gives its address. */
async function startSwellingProxy({ url }: ControlPlane, { onTestFinished }: TestContext): Promise<string> {
  const proxy = createServer(async (request, response) => {
    const answer = await passOn(url, request).catch(() => null)
    const body = (await answer?.text()) ?? ''
    const swollen = body.replace(/"bytes":"/g, `$&${'A'.repeat(1_000_000)}`)
    const nonce = answer?.headers.get(nonceHeader)
    response.writeHead(answer?.status ?? 502, {
      'content-type': 'application/json',
      ...(nonce ? { [nonceHeader]: nonce } : {}),
    })
    response.end(answer?.status === 204 ? undefined : swollen)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

async function passOn(url: string, request: IncomingMessage): Promise<Response> {
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
  const body = await text(request)
  return fetch(new URL(request.url ?? '', url), {
    method: request.method ?? 'GET',
    headers: headers as Record<string, string>,
    ...(body === '' ? {} : { body }),
  })
}

test('a runner that reports as much as it can makes neither lists nor the process large', async (t) => {
  const { server, id: runnerId, say } = await setup(t)
  const blob = (bytes: number) => ({ blob: 'x'.repeat(bytes) })
  const placed = await Promise.all(
    Array.from({ length: orders }, () => server.client.placeOrder({ type: 'runner.selftest', runnerId })),
  )
  const claims = (await (await say('orders/claim-next?max=100', {})).json()) as {
    orders: { id: string; lease: string }[]
  }
  expect(claims.orders).toHaveLength(orders)
  const greedy = { ok: true, summary: 'done', output: blob(800_000) }
  const [first] = claims.orders
  await say(`orders/${first?.id}/start`, {}, first?.lease)
  expect((await say(`orders/${first?.id}/complete`, { report: greedy }, first?.lease)).status).toBe(400)
  for (const { id, lease } of claims.orders) {
    await say(`orders/${id}/start`, {}, lease)
    const most = {
      ok: true,
      summary: 's'.repeat(reportBounds.summary),
      output: blob(reportBounds.output.bytes - 100),
      artifacts: blob(reportBounds.artifacts.bytes - 100),
      errors: Array.from({ length: 15 }, () => ({ code: 'c', message: 'm'.repeat(4000) })),
    }
    expect((await say(`orders/${id}/complete`, { report: most }, lease)).status).toBe(200)
  }
  const before = residentMiB(server.pid)
  const lists = await Promise.all(Array.from({ length: 8 }, () => listBytes(server)))
  // A hundred summaries of 2,000 letters, and what else a list says of an order.
  expect(Math.max(...lists)).toBeLessThan(orders * 4_000)
  expect(residentMiB(server.pid) - before).toBeLessThan(150)
  const whole = await server.client.getOrder(placed[0]?.id ?? '')
  expect(JSON.stringify(whole.report).length).toBeGreaterThan(reportBounds.output.bytes)
}, 120_000)

test('a payload that its grant could not hold is refused when it is placed', async (t) => {
  const { server, id: runnerId } = await setup(t)
  const payload = { argv: Array.from({ length: 127 }, () => 'x'.repeat(8_000)) }
  await expect(server.client.placeOrder({ type: 'shell.run', runnerId, payload })).rejects.toThrow(
    /is larger than 262144 bytes/,
  )
  expect((await server.client.listOrders()).items).toEqual([])
})

test('an order whose grant its runner cannot read ends, and is not claimed again', async (t) => {
  const { world, server } = await setup(t)
  const runner = await world.enrol(server, { scopes: ['shell'], policy: ['*'] })
  // As a former version placed it: larger than a grant may be, under a seal that is whole.
  const { id } = await server.client.placeOrder({ type: 'shell.run', runnerId: runner.id, payload: { argv: ['true'] } })
  await server.client.approveOrder(id)
  const proxy = await startSwellingProxy(server, t)
  await world.startRunner(runner, ['--url', proxy])
  const order = await until('the order to end', async () => {
    const seen = await server.client.getOrder(id)
    return seen.status === 'FAILED' ? seen : null
  })
  expect(order).toMatchObject({ attempt: 1, lostClaims: 0, statusReason: 'unreadable_order' })
})
