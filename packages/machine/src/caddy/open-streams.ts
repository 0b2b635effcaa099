import type { Host } from '../host.ts'
import { askAdmin } from './ask-admin.ts'
import { runningConfig, upstreamsWithoutDelay } from './running-config.ts'

/**
 * How many requests are open at upstreams whose streams Caddy ends when it loads a configuration; null where it does not
 * tell. Those that are answered soon are among them: nobody but Caddy knows which is a stream.
 */
export async function streamsToEnd(host: Host, addresses: readonly (string | undefined)[]): Promise<number | null> {
  const ended = new Set(upstreamsWithoutDelay(await runningConfig(host, addresses)))
  if (ended.size === 0) return 0
  const open = await askAdmin(host, '/reverse_proxy/upstreams', addresses)
  if (!Array.isArray(open)) return null
  // An upstream that is named by a placeholder may be any of them.
  const all = [...ended].some((dial) => dial === '' || dial.includes('{'))
  const among = (open as { address: string; num_requests: number }[]).filter(({ address }) => all || ended.has(address))
  return among.reduce((total, each) => total + each.num_requests, 0)
}
