import { BlockList, isIP, isIPv6 } from 'node:net'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'

const near = new BlockList()
for (const [address, bits] of [
  ...([
    ['127.0.0.0', 8],
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['169.254.0.0', 16],
  ] as const),
]) {
  near.addSubnet(address, bits, 'ipv4')
}
for (const [address, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  near.addSubnet(address, bits, 'ipv6')

const network = z.union([z.enum(['loopback', 'linklocal', 'uniquelocal']), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
const maxHops = 5

export type TrustedProxies = string[] | ((address: string, hop: number) => boolean)

/**
 * What `TRUST_PROXY` says: nothing, how many proxies a request comes through, or their addresses with commas between them.
 * A count is believed of machines in the house's own networks alone, as proxies are that need no address: who reaches the
 * app from elsewhere, past the proxy, is its own address whatever it claims. All addresses, and `true`, are refused.
 */
export function readTrustProxy(text: string | number | null | undefined): TrustedProxies {
  const said = String(text ?? '').trim()
  if (['', '0', 'false', 'off', 'no'].includes(said)) return []
  if (/^\d{1,3}$/.test(said)) return countedProxies(Number(said))
  const addresses = said.split(',').map((each) => each.trim())
  if (addresses.every((each) => network.safeParse(each).success && !/\/0+$/.test(each))) return addresses
  throw unusable('a number of proxies, or addresses and networks such as 10.0.0.0/8, and not all of them')
}

function countedProxies(count: number): TrustedProxies {
  if (count > maxHops) throw unusable(`at most ${maxHops} proxies`)
  return (address, hop) => hop < count && isNear(address)
}

function isNear(address: string): boolean {
  return isIP(address) !== 0 && near.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function unusable(what: string): AppError {
  return new AppError('invalid', `TRUST_PROXY must be ${what}.`, { reason: 'trust_proxy_invalid' })
}
