import { isIPv4, isIPv6 } from 'node:net'

/**
 * What one caller can be told from another by: an IPv4 address, or the first bits of an IPv6 one, since a subscriber has
 * at least a /64 to itself (RFC 6177), and a rented server often a /48.
 */
export function networkOf(address: string, ipv6Bits: 64 | 48 = 64): string {
  const plain = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:([\d.]+)$/.exec(plain)?.[1]
  if (mapped && isIPv4(mapped)) return mapped
  if (!isIPv6(plain)) return plain
  return `${groupsOf(plain)
    .slice(0, ipv6Bits / 16)
    .join(':')}::/${ipv6Bits}`
}

function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before
  const after = tail === '' ? [] : tail.split(':')
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}
