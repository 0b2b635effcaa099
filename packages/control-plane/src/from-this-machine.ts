import type { IncomingMessage } from 'node:http'
import { isLoopbackAddress } from '@ikoma/kernel'
import { accountOfPeer } from '@ikoma/kernel/node'

/** What proxies add of themselves and of whom they speak for; new ones invent new names, so most of `x-` counts. */
const addedByProxy = /^(x-(?!prometheus-|ikoma-|runner-)|forwarded$|via$|cf-|cdn-)|forward|-ip$/

/**
 * Whether a request comes straight from an account of ours on this machine. A proxy that adds nothing is known by its
 * account, by HTTP/1.0 (nginx's choice) or by the name that it was asked for; one that is configured, by that.
 */
export function isFromThisMachine(
  { httpVersion, headers, socket }: IncomingMessage,
  proxyConfigured: boolean,
): boolean {
  if (proxyConfigured || httpVersion !== '1.1') return false
  if (!isLoopbackAddress(socket.remoteAddress ?? '') || !isLoopbackHost(headers.host ?? '')) return false
  if (Object.keys(headers).some((name) => addedByProxy.test(name))) return false
  const account = accountOfPeer(socket)
  return account === null || account === process.getuid?.()
}

/** Also keeps out what a browser was lured to: a name that resolves to this machine is still another's. */
function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || isLoopbackAddress(name)
}
