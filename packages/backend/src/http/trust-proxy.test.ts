import { describe, expect, test } from 'vitest'
import { overSockets, setupBackend } from './testing/backend.ts'
import { readTrustProxy } from './trust-proxy.ts'

/** The address that an app sees, of a request that this machine sends with what a caller claims. */
async function seen(trust: string | number | null, forwarded: string): Promise<string> {
  const backend = await setupBackend({ trustProxy: readTrustProxy(trust) })
  backend.app.get('/ip', { config: { access: 'public' } }, ({ ip }) => ({ ip }))
  const { url } = await overSockets(backend)
  const answer = (await (await fetch(`${url}/ip`, { headers: { 'x-forwarded-for': forwarded } })).json()) as {
    ip: string
  }
  return answer.ip
}

describe('of a request that came through a proxy on this machine', () => {
  test.each([
    [null, '203.0.113.9', '127.0.0.1'],
    ['0', '203.0.113.9', '127.0.0.1'],
    ['false', '203.0.113.9', '127.0.0.1'],
    [1, '203.0.113.9', '203.0.113.9'],
    ['1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['1', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['2', '6.6.6.6, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    // The second hop is no proxy of the house: what it claims is not believed.
    ['2', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['loopback', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['127.0.0.1, 203.0.113.0/24', '6.6.6.6, 203.0.113.9', '6.6.6.6'],
    ['10.0.0.0/8', '203.0.113.9', '127.0.0.1'],
  ])('TRUST_PROXY=%s and X-Forwarded-For: %s say %s', async (trust, forwarded, ip) => {
    expect(await seen(trust, forwarded)).toBe(ip)
  })
})

test('a count believes no machine from outside, however many hops it claims', () => {
  const trusts = readTrustProxy('1')
  if (Array.isArray(trusts)) throw new Error('a count is not addresses')
  for (const near of [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '172.18.0.2',
    '192.168.1.1',
    'fd00::1',
    'fe80::1',
  ]) {
    expect([near, trusts(near, 0), trusts(near, 1)]).toEqual([near, true, false])
  }
  for (const far of ['203.0.113.9', '172.32.0.1', '::ffff:203.0.113.9', '2001:db8::1', 'unknown', '']) {
    expect([far, trusts(far, 0)]).toEqual([far, false])
  }
})

test.each(['true', '*', '0.0.0.0/0', '::/0', '127.0.0.1,0.0.0.0/0', '6', '-1', '1.5', 'proxy.example', '10.0.0.1,'])(
  'TRUST_PROXY=%s is refused',
  (text) => {
    expect(() => readTrustProxy(text)).toThrow('TRUST_PROXY must be')
  },
)
