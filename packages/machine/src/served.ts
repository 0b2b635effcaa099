import { AppError } from '@ikoma/kernel'
import type { Host, ShownCertificate, Visited } from './host.ts'
import { mustRun } from './must-run.ts'
import type { Change } from './plan.ts'
import type { Address } from './values/index.ts'

/** A site as its clients will ask for it, through the proxy. */
export interface PromisedSite {
  scheme: 'http' | 'https'
  name: string
  at: { address: string; port: number }
  /** Whose certificate clients are to see: one that every browser believes, or whatever authority's. */
  authority: 'public' | 'any'
  /** The certificate that is to be shown, where it is known. */
  fingerprint256?: string | undefined
}

export interface Serving {
  sites: readonly PromisedSite[]
  path: string
  upstreams: readonly Address[]
  /** Then the proxy's own part is all that is asked for. */
  appMayBeDown: boolean
  /** How long a certificate may take to be there. */
  certificateSec: number
  /** Where to look when it does not come. */
  certificateHint: string
}

export interface Unserved {
  kind: 'proxy' | 'certificate' | 'app'
  message: string
  tookSec: number
}

/** The first of the sites that a client would not get, and why; null when all are served. */
export async function findUnserved(host: Host, serving: Serving): Promise<Unserved | null> {
  for (const site of serving.sites) {
    const { scheme, name, at } = site
    const visited = await host.visit({ scheme, name, at, path: serving.path, timeoutSec: visitSec })
    const unserved = judge(site, visited) ?? (await withoutApp(host, site, visited, serving))
    if (unserved !== null) return unserved
  }
  return null
}

/** Comes last: what was changed is there only when clients get it, and else is taken back. */
export function askedFor(names: readonly string[], serving: (host: Host) => Promise<Serving>): Change {
  return {
    title: `ask for ${names.join(', ')} as a client would`,
    diff: null,
    apply: async (host) => mustBeServed(host, await serving(host)),
    undo: async () => {},
  }
}

async function mustBeServed(host: Host, serving: Serving): Promise<void> {
  for (let waitedSec = 0; ; waitedSec += pauseSec) {
    const unserved = await findUnserved(host, serving)
    if (unserved === null) return
    waitedSec += unserved.tookSec
    if (waitedSec >= (unserved.kind === 'certificate' ? serving.certificateSec : answerSec))
      throw refusal(unserved, serving)
    // A program of the host, because that ends when the order is told to stop.
    await mustRun(host, { argv: ['sleep', String(pauseSec)] })
  }
}

function refusal({ kind, message }: Unserved, { certificateHint }: Serving): AppError {
  const more = kind === 'certificate' ? `${message} ${certificateHint}` : message
  const reason = { proxy: 'not_served', certificate: 'certificate_not_served', app: 'app_not_served' }[kind]
  return new AppError('unprocessable', `${more} What was there before is put back.`, { reason })
}

const visitSec = 10
/** For the proxy to change over, and for an app that was started just before. */
const answerSec = 10
const pauseSec = 0.5

function judge(site: PromisedSite, visited: Visited): Unserved | null {
  const address = `${site.scheme}://${site.name}`
  if ('failure' in visited) {
    const { code, message } = visited.failure
    const tookSec = code === 'timeout' ? visitSec : 0
    return { kind: code === 'tls_failed' ? 'certificate' : 'proxy', message, tookSec }
  }
  const { certificate } = visited
  const problem = certificate && problemOf(certificate, site)
  return problem ? { kind: 'certificate', message: `${address} shows ${problem}.`, tookSec: 0 } : null
}

function problemOf(certificate: ShownCertificate, { authority, fingerprint256 }: PromisedSite): string | null {
  const { names, subject, issuer, daysLeft, validTo, ofName, distrust } = certificate
  if (!ofName) return `a certificate for ${names.join(', ') || subject || 'no name'}`
  if (daysLeft < 0) return `a certificate that expired on ${validTo}`
  if (fingerprint256 !== undefined && certificate.fingerprint256 !== fingerprint256)
    return 'another certificate than its file'
  if (authority === 'public' && distrust !== null)
    return `a certificate of ${issuer || subject} that browsers refuse (${distrust})`
  return null
}

const gateway = [502, 503, 504]

/** A proxy that speaks for an app which is not there; what the app answers itself is its own affair. */
async function withoutApp(
  host: Host,
  site: PromisedSite,
  visited: Visited,
  serving: Serving,
): Promise<Unserved | null> {
  const { upstreams, appMayBeDown, path } = serving
  if (appMayBeDown || 'failure' in visited || !gateway.includes(visited.status)) return null
  const said: string[] = []
  for (const { host: address, port } of upstreams) {
    const direct = await host.visit({
      scheme: 'http',
      name: site.name,
      at: { address, port },
      path,
      timeoutSec: visitSec,
    })
    if ('failure' in direct) said.push(`${address}:${port}: ${direct.failure.code}`)
    else if (direct.status === visited.status) return null
    else said.push(`${address}:${port}: ${direct.status}`)
  }
  const what = `${site.scheme}://${site.name} answers ${visited.status}, for the app behind it does not answer (${said.join(', ')})`
  return { kind: 'app', message: `${what}. Start the app first, or say appMayBeDown.`, tookSec: 0 }
}
