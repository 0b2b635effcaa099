import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import { refuseTurnable } from '../safety/index.ts'
import { askedFor, findUnserved } from '../served.ts'
import { directory, file, noFile, ownAccount } from '../system/index.ts'
import { inclusionOf, isIncludedBy } from './included.ts'
import {
  findNginx,
  type NginxPlaces,
  nginxFeatures,
  nginxPlaces,
  reloadNginx,
  tellNginxToReload,
  testNginx,
} from './nginx.ts'
import { portsOf, servingOf } from './serving.ts'
import { type NginxSite, renderNginxSite } from './site-file.ts'

const rootOwned = { owner: 'root', group: 'root' }

export type WantedSite = NginxSite & {
  /** Whether it is there although nothing answers at its upstreams; not, by default. */
  appMayBeDown?: boolean | undefined
}

/**
 * A site of ours in a file of its own, served by the running nginx, and had by whoever asks for it; and the folder for
 * answers to an ACME authority.
 */
export function nginxSite(site: WantedSite, places = nginxPlaces): Desired {
  renderNginxSite(site)
  const { name, acmeWebroot } = site
  return async (host) => {
    await refuseTurnableFiles(host, site)
    const content = renderNginxSite(site, await nginxFeatures(host))
    const changes = await planFor(
      [webroot(acmeWebroot), file({ path: fileOf(name, places), content, mode: 0o644, ...rootOwned })],
      host,
    )
    return testedFirst(changes, { host, places, name, content, site })
  }
}

/** nginx opens these as root, at each start: what leads there must be root's alone. */
async function refuseTurnableFiles(host: Host, { certificate, acmeWebroot }: NginxSite): Promise<void> {
  const { owner } = await ownAccount()
  const files = certificate === undefined ? [] : [certificate.chainFile, certificate.keyFile]
  for (const path of [...files, acmeWebroot]) await refuseTurnable(host, path, owner)
}

/** One that is there may be anything of anybody's, and nginx is no reason to take it away from them. */
function webroot(path: string): Desired {
  return async (host) => {
    const changes = await directory({ path, mode: 0o755, ...rootOwned })(host)
    if (changes.length === 0 || (await host.look(path)) === null) return changes
    throw new AppError('unprocessable', `${path} is not root's with mode 755. Name another folder as acmeWebroot.`, {
      reason: 'webroot_taken',
    })
  }
}

/** No site of that name. */
export function noNginxSite(name: string, places = nginxPlaces): Desired {
  return async (host) => {
    const changes = await noFile(fileOf(name, places))(host)
    return testedFirst(changes, { host, places, name, content: '' })
  }
}

export interface ListedNginxSite {
  name: string
  file: string
  domains: string[]
  upstreams: string[]
  /** Path of its certificate; null while it answers over HTTP only. */
  certificate: string | null
}

/** Our sites. */
export async function listNginxSites(host: Host, places = nginxPlaces): Promise<ListedNginxSite[]> {
  const sites: ListedNginxSite[] = []
  for (const each of await host.list(places.sites)) {
    const name = /^ikoma-([a-z0-9-]+)\.conf$/.exec(each)?.[1]
    if (name === undefined) continue
    const path = fileOf(name, places)
    const content = (await host.read(path)) ?? ''
    sites.push({
      name,
      file: path,
      domains: [...new Set(valuesOf(content, 'server_name').flatMap((value) => value.split(' ')))],
      upstreams: valuesOf(content, 'server'),
      certificate: valuesOf(content, 'ssl_certificate')[0] ?? null,
    })
  }
  return sites
}

interface Tested {
  host: Host
  places: NginxPlaces
  name: string
  content: string
  /** What is to be had by clients afterwards. */
  site?: WantedSite
}

/**
 * A site goes to its place only after nginx has tested everything that it would read with it, from a file that nothing
 * includes: what is live is always valid. That file stays until nginx has changed over, so a run that was killed in
 * between leaves it, and the next one knows that nginx may still serve what was there before.
 */
async function testedFirst(changes: readonly Change[], tested: Tested): Promise<Change[]> {
  const { host, places, name, content, site } = tested
  const { candidate } = places
  const unfinished = (await host.look(candidate)) !== null
  const serving = site && ((on: Host) => servingOf(on, site))
  const unserved = changes.length === 0 && serving ? await findUnserved(host, await serving(host)) : null
  if (changes.length === 0 && !unfinished && unserved === null) return []
  const asked = site && serving ? [askedFor(site.domains, serving)] : []
  if (changes.length === 0 && !unfinished && unserved?.kind === 'app') return asked
  await findNginx(host)
  const main = await mainWith(host, places, { path: fileOf(name, places), content })
  const test: Change = {
    title: 'have nginx test it',
    diff: null,
    async apply(on) {
      await on.write(candidate, { content: main, mode: 0o600, ...rootOwned })
      try {
        await testNginx(on, candidate, site?.domains ?? [])
      } catch (error) {
        if (!unfinished) await on.remove(candidate)
        throw error
      }
    },
    undo: (on) => changedOver(on, candidate, tellNginxToReload),
  }
  const ports = site ? portsOf(site) : []
  const reload: Change = {
    title: `have nginx change over${endingOf(main)}`,
    diff: null,
    apply: (on) => changedOver(on, candidate, (each) => reloadNginx(each, ports)),
    // The test is taken back after the files, and has nginx read them.
    undo: async () => {},
  }
  return [test, ...changes, reload, ...asked]
}

/** Old workers keep their streams until these end, unless somebody set how long that may be. */
function endingOf(main: string): string {
  const [, time] = /^\s*worker_shutdown_timeout\s+([^\s;]+)\s*;/m.exec(main) ?? []
  return time === undefined ? '' : `, which ends open streams of all its sites after ${time} (worker_shutdown_timeout)`
}

async function changedOver(host: Host, candidate: string, reload: (host: Host) => Promise<void>): Promise<void> {
  await reload(host)
  await host.remove(candidate)
}

/** The main file with what it includes from our folder written out, and this site as it will be. */
async function mainWith(
  host: Host,
  { main, sites }: NginxPlaces,
  site: { path: string; content: string },
): Promise<string> {
  const text = (await host.read(main)) ?? ''
  const inclusion = inclusionOf(site.path, text, main)
  if (inclusion === null) {
    throw new AppError(
      'unprocessable',
      `${main} does not include ${sites}/*.conf in http, as Debian's does. Put that line there.`,
      {
        reason: 'sites_not_included',
      },
    )
  }
  const folder = inclusion.pattern.slice(0, inclusion.pattern.lastIndexOf('/'))
  // Of a folder that is a pattern itself, nginx reads the rest as it is written.
  const elsewhere = folder === sites ? [] : [`include "${inclusion.pattern}";`]
  const others = folder === sites ? (await host.list(sites)).map((each) => `${sites}/${each}`) : []
  const included = others.filter((path) => isIncludedBy(inclusion.pattern, path) && path !== site.path)
  const lines = [...included.map((path) => `include "${path}";`), ...elsewhere, site.content]
  return `${text.slice(0, inclusion.start)}${lines.join('\n')}${text.slice(inclusion.end)}`
}

/** The values of a directive, wherever it is in what we render. */
function valuesOf(content: string, directive: string): string[] {
  return [...content.matchAll(new RegExp(`^\\s*${directive} ([^;{]+);$`, 'gm'))].map(([, value = '']) => value)
}

const fileOf = (name: string, { sites }: NginxPlaces) => `${sites}/ikoma-${name}.conf`
