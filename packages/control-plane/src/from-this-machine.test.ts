import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { setup, type World } from './testing/world.ts'

const metrics = async (world: World, headers: Record<string, string>) =>
  (await world.call('GET', '/metrics', { headers })).status

test.each([
  ['forwarded', 'for=203.0.113.9'],
  ['x-forwarded-for', ''],
  ['x-forwarded-host', 'ikoma.example.org'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-anything', '1'],
  ['x-real-ip', '203.0.113.9'],
  ['x-client-ip', '203.0.113.9'],
  ['x-cluster-client-ip', '203.0.113.9'],
  ['x-original-forwarded-for', '203.0.113.9'],
  ['x-envoy-external-address', '203.0.113.9'],
  ['x-appengine-user-ip', '203.0.113.9'],
  ['x-azure-clientip', '203.0.113.9'],
  ['true-client-ip', '203.0.113.9'],
  ['fastly-client-ip', '203.0.113.9'],
  ['fly-client-ip', '203.0.113.9'],
  ['cf-connecting-ip', '203.0.113.9'],
  ['cf-ray', '1'],
  ['cdn-loop', 'cloudflare'],
  ['via', '1.1 proxy'],
  ['host', 'ikoma.example.org'],
  ['host', '127.evil.example'],
  ['host', 'localhost.evil.example'],
])('with %s: %s a request did not come straight from this machine', async (name, value) => {
  const world = await setup()
  expect(await metrics(world, {})).toBe(200)
  expect(await metrics(world, { [name]: value })).toBe(403)
  await world.close()
})

test.each(['localhost', 'localhost:3000', '127.0.0.1:3000', '[::1]:3000'])('as %s it may', async (host) => {
  const world = await setup()
  expect(await metrics(world, { host })).toBe(200)
  await world.close()
})

test('where a proxy is configured, this machine needs a token too', async () => {
  const world = await setup({ trustProxy: ['10.0.0.1'] })
  const refused = await world.call('GET', '/metrics')
  expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('METRICS_TOKEN')])
  await world.close()
})

test('HTTP/1.0, which nginx speaks to what is behind it, is a proxy', async () => {
  const world = await setup()
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = world.app.server.address() as { port: number }
  expect(await raw(port, `GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)).toContain(' 403 ')
  const straight = `GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
  expect(await raw(port, straight)).toContain(' 200 ')
  await world.close()
})

async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  // Who ends its side gets no answer from Node once it has been read.
  socket.write(request)
  let answer = ''
  socket.on('data', (bytes) => {
    answer += bytes
  })
  await once(socket, 'close')
  return answer.split('\r\n')[0] ?? ''
}
