import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { accountOfPeer } from './peer-account.ts'

test.skipIf(process.platform !== 'linux').each(['127.0.0.1', '::1'])(
  'at %s the caller is known by its account',
  async (host) => {
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const caller = connect(port, host)
    const [peer] = (await once(server, 'connection')) as [Socket]
    expect(accountOfPeer(peer)).toBe(process.getuid?.())
    caller.destroy()
    peer.destroy()
    server.close()
  },
)

test('a connection that the table does not have belongs to nobody', () => {
  const gone = { remotePort: 1, localPort: 1, remoteAddress: '127.0.0.1' } as Socket
  expect(accountOfPeer(gone)).toBe(process.platform === 'linux' ? -1 : null)
  expect(accountOfPeer({} as Socket)).toBeNull()
})
