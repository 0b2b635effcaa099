import { AppError } from '@ikoma/kernel'
import type { FileContent, Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import { onlyOwnerWrites, refuseTurnable } from '../safety/index.ts'
import { askedFor, findUnserved, type PromisedSite, type Serving } from '../served.ts'
import { directory, file, noFile } from '../system/index.ts'
import { adminAddress, defaultAdmin, withAdminSocket } from './admin.ts'
import { type CaddyPlaces, caddyFeatures, caddyPlaces, loadCaddyfile, servingUser, validateCaddyfile } from './caddy.ts'
import { type CaddySite, renderCaddyMain, renderCaddySite } from './caddyfile.ts'
import { caddyEnvironment } from './environment.ts'
import { loneSite } from './lone-site.ts'
import { streamsToEnd } from './open-streams.ts'
import { authorityOf, getsCertificates, isPublic, placeOf, runningConfig } from './running-config.ts'

const rootOwned = { owner: 'root', group: 'root' }

export type WantedRoute = CaddySite & {
  /** Whether it is there although nothing answers at its upstreams; not, by default. */
  appMayBeDown?: boolean | undefined
}

/**
 * A route of ours in a file of its own, imported by the main Caddyfile, served by the running Caddy, and had by whoever asks
 * for it over HTTPS.
 */
export function caddyRoute(name: string, site: WantedRoute, places = caddyPlaces): Desired {
  renderCaddySite(site)
  return async (host) => {
    const content = renderCaddySite(site, await caddyFeatures(host))
    const main = await readMain(host, places)
    const socket = await adminSocket(host)
    const base = main?.content ?? renderCaddyMain({ sitesDirectory: places.routes })
    const after = importing(socket === null ? base : withAdminSocket(base, socket), places)
    const changes = await planFor(
      [
        directory({ path: places.routes, mode: 0o755, ...rootOwned }),
        file({ path: fileOf(name, places), content, mode: 0o644, ...rootOwned }),
        file({ path: places.main, mode: 0o644, ...rootOwned, ...main, content: after }),
      ],
      host,
    )
    const routes = await readRoutes(host, places)
    const [was, will]: [Configuration, Configuration] = [
      [main?.content ?? '', routes],
      [after, { ...routes, [name]: content }],
    ]
    return loadedFirst(changes, { host, places, socket, before: was, after: will, site })
  }
}

/** No route of that name. The import of our folder stays in the main Caddyfile: an empty folder imports nothing. */
export function noCaddyRoute(name: string, places = caddyPlaces): Desired {
  return async (host) => {
    const changes = await noFile(fileOf(name, places))(host)
    if (changes.length === 0) return []
    const socket = await adminSocket(host)
    const main = (await readMain(host, places))?.content ?? ''
    const routes = await readRoutes(host, places)
    const { [name]: _gone, ...rest } = routes
    return loadedFirst(changes, { host, places, socket, before: [main, routes], after: [main, rest] })
  }
}

export interface CaddyRoute {
  name: string
  file: string
  domains: string[]
  upstreams: string[]
}

/** Our routes, and whether the main Caddyfile imports them. */
export async function listCaddyRoutes(
  host: Host,
  places = caddyPlaces,
): Promise<{ routes: CaddyRoute[]; imported: boolean }> {
  const main = (await readMain(host, places))?.content ?? ''
  const routes = Object.entries(await readRoutes(host, places)).map(([name, content]) => ({
    name,
    file: fileOf(name, places),
    domains: /^(.+) \{$/m.exec(content)?.[1]?.split(', ') ?? [],
    upstreams: /^\treverse_proxy ([^{\n]+?)(?: \{)?$/m.exec(content)?.[1]?.split(' ') ?? [],
  }))
  return { routes, imported: main.split('\n').includes(importLine(places)) }
}

type Routes = Readonly<Record<string, string>>
type Configuration = readonly [main: string, routes: Routes]

interface Loading {
  host: Host
  places: CaddyPlaces
  /** Where Caddy's admin endpoint may be, whatever the Caddyfile says: see `adminSocket`. */
  socket: string | null
  before: Configuration
  after: Configuration
  /** What is to be had by clients afterwards. */
  site?: WantedRoute
}

/**
 * Caddy is given the configuration over its input, as it will be, before any file changes. What is on disk is therefore
 * always something that Caddy has accepted, however the order ends: killed in between, Caddy serves what the next run
 * of the order would load anyway, and started again it serves what was there before.
 */
async function loadedFirst(changes: readonly Change[], loading: Loading): Promise<Change[]> {
  const { host, places, before, after, site } = loading
  if (changes.length === 0 && site === undefined) return []
  const [was, will] = [inOne(before, places), inOne(after, places)]
  const addresses = adminAddresses(loading, was, will)
  const serving = site && (async (on: Host) => servingOf(site, await runningConfig(on, addresses)))
  const unserved = changes.length === 0 && serving ? await findUnserved(host, await serving(host)) : null
  if (changes.length === 0 && unserved === null) return []
  const asked = site && serving ? [askedFor(site.domains, serving)] : []
  // Caddy does its part: to load the same again would only end streams.
  if (unserved?.kind === 'app') return asked
  await validateCaddyfile(host, will, places, await caddyEnvironment(host, will, places))
  const load: Change = {
    title: `have Caddy load it${ending(await streamsToEnd(host, addresses))}`,
    diff: null,
    apply: (on) => loadCaddyfile(on, will, places, addresses),
    undo: (on) => loadCaddyfile(on, was, places, addresses),
  }
  return [load, ...changes, ...asked]
}

/**
 * Where the running Caddy may listen. An order that was killed before it wrote the Caddyfile left the endpoint at the socket.
 * That is asked first: the port of the default is free then for anybody, who would be told everything.
 */
function adminAddresses({ socket }: Loading, was: string, will: string): (string | undefined)[] {
  const said = [adminAddress(was), adminAddress(will)]
  return socket !== null && said.some(isMovable(socket)) ? [`unix/${socket}`, ...said] : said
}

/** Said before it is done: a WebSocket of any site is among them. */
const ending = (streams: number | null) =>
  streams ? `, which ends up to ${streams} open streams of its sites (a Caddy before 2.7 keeps none)` : ''

/** Every domain, as it is to be had over HTTPS. */
function servingOf(site: WantedRoute, config: Awaited<ReturnType<typeof runningConfig>>): Serving {
  const { domains, upstreams, health, appMayBeDown = false } = site
  // Where Caddy does not tell, the route's own word is all there is.
  const authorityTold = (name: string) =>
    config !== null || site.tls === undefined ? authorityOf(config, name) : 'any'
  const sites = domains.flatMap((name): PromisedSite[] => {
    const at = placeOf(config, name)
    if (at === null) return []
    // A directory that is named is the person's own word, whatever Caddy has got of it by now.
    const named = typeof site.tls === 'object' ? site.tls.directoryUrl : undefined
    const authority = named !== undefined ? (isPublic(named) ? 'public' : 'any') : authorityTold(name)
    return [{ scheme: 'https', name, at, authority }]
  })
  const gets = domains.every((name) => getsCertificates(config, name))
  return {
    ...{ sites, upstreams, appMayBeDown, path: health?.path ?? '/' },
    certificateSec: gets ? 60 : 5,
    certificateHint: gets
      ? "Caddy's log says why it got no certificate (service.systemd.logs, or journalctl -u caddy); often the name does not lead to this server, or port 80 is closed."
      : 'auto_https is off in the Caddyfile, so Caddy gets no certificates: take that line out.',
  }
}

const isMovable = (socket: string) => (address: string | undefined) =>
  address === defaultAdmin || address === `unix/${socket}`

/** What Caddy reads, with our routes in place of their import. */
function inOne([main, routes]: Configuration, places: CaddyPlaces): string {
  const ours = Object.keys(routes)
    .sort()
    .map((name) => routes[name])
  const lines = main.split('\n').map((line) => (line === importLine(places) ? ours.join('\n') : line))
  return lines.join('\n')
}

/**
 * The main Caddyfile with our import: the one that somebody else wrote has it as one more line at its end, or above a site
 * without braces, which reaches to the end.
 */
function importing(main: string, places: CaddyPlaces): string {
  const line = importLine(places)
  const lines = main.split('\n')
  const lone = loneSite(main)
  const there = lines.indexOf(line)
  if (there >= 0 && (lone === null || there < lone)) return main
  if (lone !== null)
    return lines
      .filter((each) => each !== line)
      .toSpliced(lone, 0, line, '')
      .join('\n')
  return `${main.replace(/\n*$/, '')}\n\n${line}\n`.trimStart()
}

/** The socket in the home of the user that Caddy serves as, which nobody else may write to; null where it has none. */
async function adminSocket(host: Host): Promise<string | null> {
  const { home } = await servingUser(host)
  const folder = await host.look(home)
  // Whoever could put another folder in its place would be told the whole configuration.
  if (await refuseTurnable(host, home, 'root').catch(() => 'turnable')) return null
  return folder?.kind === 'directory' && folder.owner === 'caddy' && onlyOwnerWrites(folder)
    ? `${home}/admin.sock`
    : null
}

const importLine = ({ routes }: CaddyPlaces) => `import ${routes}/*.caddy`
const fileOf = (name: string, { routes }: CaddyPlaces) => `${routes}/${name}.caddy`

async function readMain(host: Host, { main }: CaddyPlaces): Promise<FileContent | null> {
  const entry = await host.look(main)
  if (entry === null) return null
  if (entry.kind !== 'file') {
    throw new AppError('unprocessable', `${main} is a ${entry.kind}, not a file. Put the file itself there first.`, {
      reason: 'unexpected_file',
    })
  }
  return host.readFile(main)
}

async function readRoutes(host: Host, places: CaddyPlaces): Promise<Routes> {
  const names = (await host.list(places.routes)).filter((name) => /^[^.].*\.caddy$/.test(name))
  const routes: Record<string, string> = {}
  for (const name of names)
    routes[name.slice(0, -'.caddy'.length)] = (await host.read(`${places.routes}/${name}`)) ?? ''
  return routes
}
