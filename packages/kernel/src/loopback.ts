const ipv4 = /^(?:(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])(?:\.|$)){4}$/
/** IPv4 within IPv6, as the URL standard writes it. */
const mapped = /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/

/**
 * Whether an IP address, as a socket tells it, is of this machine alone: 127.0.0.0/8 (RFC 1122), ::1 (RFC 4291), or the
 * first within the second. What is no address in its usual form is none: to trust is what this is asked for.
 */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^\[(.*)\]$/, '$1')
  if (plain.length <= 15 && ipv4.test(plain) && !plain.endsWith('.')) return plain.startsWith('127.')
  const [, ip = ''] = /^([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%[0-9A-Za-z._-]+)?$/.exec(plain) ?? []
  const canonical = ip === '' ? '' : (URL.parse(`http://[${ip}]/`)?.hostname ?? '')
  return canonical === '[::1]' || mapped.test(canonical)
}

/** Whether only this machine can be reached at an address: by its number in any form of a URL, or as `localhost`. */
export function isLoopbackUrl(url: string): boolean {
  const { hostname = '' } = URL.parse(url) ?? {}
  return hostname === 'localhost' || isLoopbackAddress(hostname)
}
