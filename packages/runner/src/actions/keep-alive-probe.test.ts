import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { measureKeepAliveSec } from './keep-alive-probe.ts'

const { signal } = new AbortController()

async function portOf(keepAliveMs: number, listener: RequestListener = (_, response) => response.end()) {
  const server = createServer({ keepAliveTimeout: keepAliveMs }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('an app tells for how long it keeps a connection that nobody uses', async () => {
  expect(await measureKeepAliveSec(await portOf(5_000), signal)).toBe(5)
})

test('one that closes after each answer is in no race with a proxy', async () => {
  const port = await portOf(5_000, (_, response) => response.setHeader('connection', 'close').end())
  expect(await measureKeepAliveSec(port, signal)).toBeNull()
})

test('where it does not tell, it is watched', async () => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  expect(await measureKeepAliveSec((server.address() as AddressInfo).port, signal)).toBeLessThan(5)
})

test('nothing is known of what is not there, does not answer, or keeps it for longer than we wait', async () => {
  expect(await measureKeepAliveSec(1, signal)).toBeNull()
  const silent = await portOf(5_000, () => {})
  expect(await measureKeepAliveSec(silent, signal, 20)).toBeNull()
  expect(await measureKeepAliveSec(silent, AbortSignal.abort(), 60_000)).toBeNull()
})
