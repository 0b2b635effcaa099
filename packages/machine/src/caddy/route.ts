import { AppError } from '@ikoma/kernel'
import type { FileContent, Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import { onlyOwnerWrites, refuseTurnable } from '../safety/index.ts'
import { directory, file, noFile } from '../system/index.ts'
import { adminAddress, defaultAdmin, withAdminSocket } from './admin.ts'
import { type CaddyPlaces, caddyPlaces, loadCaddyfile, servingUser, validateCaddyfile } from './caddy.ts'
import { type CaddySite, renderCaddyMain, renderCaddySite } from './caddyfile.ts'
import { refuseCaddyEnvironment } from './environment.ts'

const rootOwned = { owner: 'root', group: 'root' }

/** A route of ours in a file of its own, imported by the main Caddyfile, and served by the running Caddy. */
export function caddyRoute(name: string, site: CaddySite, places = caddyPlaces): Desired {
  const content = renderCaddySite(site)
  return async (host) => {
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
    return loadedFirst(changes, {
      host,
      places,
      socket,
      before: [main?.content ?? '', routes],
      after: [after, { ...routes, [name]: content }],
    })
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
}

/**
 * Caddy is given the configuration over its input, as it will be, before any file changes. What is on disk is therefore
 * always something that Caddy has accepted, however the order ends: killed in between, Caddy serves what the next run
 * of the order would load anyway, and started again it serves what was there before.
 */
async function loadedFirst(changes: readonly Change[], loading: Loading): Promise<Change[]> {
  if (changes.length === 0) return []
  const { host, places, socket, before, after } = loading
  const [was, will] = [inOne(before, places), inOne(after, places)]
  await refuseCaddyEnvironment(host, will, places)
  await validateCaddyfile(host, will, places)
  // An order that was killed before it wrote the Caddyfile left the endpoint at the socket. That is asked first: the port of
  // the default is free then for anybody, who would be told everything.
  const said = [adminAddress(was), adminAddress(will)]
  const addresses = socket !== null && said.some(isMovable(socket)) ? [`unix/${socket}`, ...said] : said
  const load: Change = {
    title: 'have Caddy load it',
    diff: null,
    apply: (on) => loadCaddyfile(on, will, places, addresses),
    undo: (on) => loadCaddyfile(on, was, places, addresses),
  }
  return [load, ...changes]
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

/** The main Caddyfile with our import: the one that somebody else wrote has it as one more line at its end. */
function importing(main: string, places: CaddyPlaces): string {
  const line = importLine(places)
  if (main.split('\n').includes(line)) return main
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
