import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { type Certificate, describeCertificate, type Host } from '@ikoma/machine'
import { listeningSockets } from '@ikoma/machine/system'

/** Where this server serves certificates, and how long what was reloaded has to serve the new one. */
export interface ServingPlace {
  port: number
  attempts: number
  pauseMs: number
}

export const servingPlace: ServingPlace = { port: 443, attempts: 6, pauseMs: 500 }

export interface NotServed {
  name: string
  domain: string
  why: string
}

interface Kept extends Certificate {
  name: string
}

const connectMs = 2_000
/** Of one certificate: what serves one of its names an older one is found by the first few. */
const maxDomains = 5

/** The certificates of which this server still serves an older one: nobody has read what is on the disk now. */
export async function findOlderServed(
  kept: readonly Kept[],
  place: ServingPlace,
  { machine, signal }: { machine: Host; signal: AbortSignal },
): Promise<NotServed[]> {
  const at = { port: place.port, addresses: await addressesOf(machine, place.port) }
  let older = await olderOf(kept, at, signal)
  for (let attempt = 1; older.length > 0 && attempt < place.attempts; attempt += 1) {
    await pause(place.pauseMs, undefined, { signal })
    older = await olderOf(kept, at, signal)
  }
  if (older.length === 0) return []
  const cause = await nginxRefusal(machine)
  return older.map(({ name, domain, served }) => ({
    ...{ name, domain },
    why: `what is served ends on ${served.validTo}${cause === null ? '' : `; ${cause}`}`,
  }))
}

interface Listening {
  port: number
  addresses: readonly string[]
}

/** Where somebody listens on the port: nobody else is asked. */
async function addressesOf(machine: Host, port: number): Promise<string[]> {
  const sockets = await listeningSockets(machine).catch(() => [])
  const addresses = sockets.filter((each) => each.port === port).map(({ address }) => everywhere[address] ?? address)
  return [...new Set(addresses.map((address) => address.replace(/^\[|\]$|%.*$/g, '')))]
}

const everywhere: Record<string, string> = { '*': '127.0.0.1', '0.0.0.0': '127.0.0.1', '[::]': '::1' }

async function olderOf(kept: readonly Kept[], place: Listening, signal: AbortSignal) {
  const found: { name: string; domain: string; served: Certificate }[] = []
  for (const certificate of kept) {
    const domains = certificate.names.map((domain) => domain.replace(/^\*\./, 'www.')).slice(0, maxDomains)
    for (const domain of domains) {
      const served = await findServed(domain, place, signal)
      if (served === null || !isOlder(served, certificate)) continue
      found.push({ name: certificate.name, domain, served })
      break
    }
  }
  return found
}

/** Another certificate, of a CDN in front or of somebody's own, is none of ours to judge. */
function isOlder(served: Certificate, kept: Certificate): boolean {
  const isSame = served.names.toSorted().join() === kept.names.toSorted().join()
  return (
    isSame && served.fingerprint256 !== kept.fingerprint256 && Date.parse(served.validTo) < Date.parse(kept.validTo)
  )
}

async function findServed(
  domain: string,
  { port, addresses }: Listening,
  signal: AbortSignal,
): Promise<Certificate | null> {
  for (const host of addresses) {
    signal.throwIfAborted()
    // What it is worth is not what is asked, and no data is exchanged with it.
    const socket = connect({ host, port, servername: domain, rejectUnauthorized: false })
    const answer = await handshake(socket, AbortSignal.any([signal, AbortSignal.timeout(connectMs)]))
    if (answer !== null) return answer
  }
  return null
}

async function handshake(socket: TLSSocket, signal: AbortSignal): Promise<Certificate | null> {
  try {
    await once(socket, 'secureConnect', { signal })
    return describeCertificate(socket.getPeerCertificate(), Date.now())
  } catch {
    return null
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}

/** Why nginx goes on with what it had read: the first complaint about its configuration. */
async function nginxRefusal(machine: Host): Promise<string | null> {
  const tested = await machine.run({ argv: ['nginx', '-t'], timeoutSec: 30 }).catch(() => null)
  if (tested === null || tested.code === 0) return null
  const said = /^nginx: \[emerg\] (.+)$/m.exec(`${tested.stderr}\n${tested.stdout}`)?.[1] ?? 'it says no'
  return `nginx takes no reload: ${said.slice(0, 300)}`
}
