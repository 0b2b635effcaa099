import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, type TestContext, test } from 'vitest'
import { newRawRunner } from '../kit/protocol.ts'
import { until } from '../kit/until.ts'
import { adminKey, type ControlPlane, newWorld } from '../kit/world.ts'
import { listen } from './listener.ts'

async function setup(t: TestContext) {
  const world = await newWorld('sqlite', t)
  const controlPlane = await world.startServer()
  const runner = await newRawRunner(controlPlane)
  const order = await controlPlane.client.placeOrder({ type: 'runner.selftest', runnerId: runner.id })
  return { world, controlPlane, runner, order, logs: `/v1/orders/${order.id}/logs?follow=1` }
}

async function viewer({ client }: ControlPlane, name: string) {
  const { id, token } = await client.createToken({ name, role: 'viewer' })
  return { id, headers: { authorization: `Bearer ${token}` } }
}

/** How long it takes, in milliseconds, until the connection is closed on one that sends so slowly. */
async function closedAfter(port: string, beginning: string, piece: string): Promise<number> {
  const since = performance.now()
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {}).resume()
  socket.write(beginning)
  const sending = setInterval(() => socket.write(piece), 500)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(sending)
  return performance.now() - since
}

test('what a token was hearing ends with it, and nobody takes every stream', async (t) => {
  const { controlPlane, logs } = await setup(t)
  const { url } = controlPlane
  const [greedy, other] = [await viewer(controlPlane, 'greedy'), await viewer(controlPlane, 'other')]
  const asked = []
  while (asked.length < 500) {
    const batch = Array.from({ length: 50 }, (_, n) => listen(url, n % 2 ? logs : '/v1/stream', greedy))
    asked.push(...(await Promise.all(batch)))
  }
  const open = asked.filter(({ status }) => status === 200)
  expect(open).toHaveLength(50)

  const followed = await listen(url, logs, other)
  await followed.hears(/event: status/)
  const all = await listen(url, '/v1/stream?after=0', { headers: { 'x-ikoma-admin-key': adminKey } })
  await all.hears(/event: order\.placed/)

  await controlPlane.client.deleteToken(greedy.id)
  await Promise.all(open.map(({ ended }) => ended))
  await controlPlane.client.deleteToken(other.id)
  await followed.ended
  await all.hears(/event: token\.revoked/)
})

test('a heartbeat that waits hears that its runner was disabled, at another process too', async (t) => {
  const world = await newWorld('postgres', t)
  const env = { IKOMA_KEYS_DIR: `${world.folder}/keys`, IKOMA_RUN_LEASE_SEC: '60' }
  const [one, two] = [await world.startServer(env), await world.startServer(env)]
  const runner = await newRawRunner(one)
  await one.client.placeOrder({ type: 'runner.selftest', runnerId: runner.id })
  const order = await runner.claim()
  if (!order) throw new Error('nothing to claim')
  await runner.start(order)
  const parked = runner.parkedHeartbeat(order, 30)
  await sleep(300)
  await two.client.updateRunner(runner.id, { disabled: true })
  expect((await parked).status).toBe(403)
})

test('HEAD of a stream is answered at once', async (t) => {
  const { controlPlane, logs } = await setup(t)
  const { headers } = await viewer(controlPlane, 'head')
  for (const path of ['/v1/stream', logs, '/v1/orders/export']) {
    const head = await listen(controlPlane.url, path, { headers, method: 'HEAD' })
    await head.ended
    expect([path, head.status, head.text()]).toEqual([path, 200, ''])
  }
})

test('who sends slowly has thirty seconds, and ten for the headers', async (t) => {
  const { controlPlane } = await setup(t)
  const post = 'POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
  const [headers, body, chunked, stranger] = await Promise.all([
    closedAfter(controlPlane.port, post, 'x-more: 1\r\n'),
    closedAfter(controlPlane.port, `${post}x-ikoma-admin-key: ${adminKey}\r\ncontent-length: 9000\r\n\r\n`, ' '),
    closedAfter(
      controlPlane.port,
      `${post}x-ikoma-admin-key: ${adminKey}\r\ntransfer-encoding: chunked\r\n\r\n`,
      '1\r\n \r\n',
    ),
    closedAfter(controlPlane.port, `${post}content-length: 9000\r\n\r\n`, ' '),
  ])
  expect(headers).toBeLessThan(20_000)
  for (const ms of [body, chunked, stranger]) expect(ms).toBeLessThan(45_000)
  await until('it to answer others', () => controlPlane.client.ready().then(({ status }) => status === 'ready'))
})
