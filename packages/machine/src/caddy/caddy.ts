import { AppError } from '@ikoma/kernel'
import type { Exit, Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { CaddyFeatures } from './caddyfile.ts'

export interface CaddyPlaces {
  /** What Caddy reads when it starts. */
  main: string
  /** Folder of our routes, a file each. */
  routes: string
}

export const caddyPlaces: CaddyPlaces = { main: '/etc/caddy/Caddyfile', routes: '/etc/caddy/ikoma' }

/**
 * Has Caddy judge a whole configuration that is on no disk. It does so as the user it serves as: what only root can read
 * is found out, and an authority of its own that it makes on the way belongs to the right user.
 */
export async function validateCaddyfile(
  host: Host,
  content: string,
  { main }: CaddyPlaces,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await caddyFeatures(host)
  const { prefix, home } = await servingUser(host)
  const argv = [...prefix, 'caddy', 'validate', ...fromInput] as [string, ...string[]]
  const secrets = Object.values(environment).filter((value) => value !== '')
  const exit = await host.run({
    argv,
    input: content,
    env: { ...environment, HOME: home },
    cwd: folderOf(main),
    secrets,
  })
  if (exit.code === 0) return
  throw new AppError('unprocessable', `Caddy refuses the configuration; nothing was changed. ${complaint(exit)}`, {
    reason: 'configuration_refused',
  })
}

/** Of the program that is installed; rejects where there is none. */
export async function caddyFeatures(host: Host): Promise<CaddyFeatures> {
  const said = await outputOf(host, { argv: ['caddy', 'version'], env: { HOME: '/' } })
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(said) ?? []
  return { streamCloseDelay: Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 7) }
}

/**
 * Has the running Caddy change to this configuration, at the first of the addresses where it listens; undefined is the one
 * that the configuration says. Rejects when it does not; no file was changed then.
 */
export async function loadCaddyfile(
  host: Host,
  content: string,
  { main }: CaddyPlaces,
  addresses: readonly (string | undefined)[],
): Promise<void> {
  // As the user that serves: root would read what the configuration imports, whatever an account has put there.
  const { prefix } = await servingUser(host)
  let exit: Exit | undefined
  for (const address of new Set(addresses)) {
    if (address === 'off') continue
    const at = address === undefined ? [] : ['--address', address]
    const argv = [...prefix, 'caddy', 'reload', ...fromInput, ...at] as [string, ...string[]]
    exit = await host.run({ argv, input: content, env: { HOME: '/' }, cwd: folderOf(main) })
    if (exit.code === 0) return
    if (!nobodyListens.test(exit.stderr)) break
  }
  if (exit === undefined || nobodyListens.test(exit.stderr)) {
    throw new AppError('unprocessable', 'Caddy does not run, or has its admin endpoint off. Start it first.', {
      reason: 'caddy_not_running',
    })
  }
  // Seen on 2.6.2: a load that failed at a port that was taken leaves its other listeners behind, and they drop connections.
  const cure = 'If sites answer only now and then, restart Caddy once its Caddyfile is right.'
  throw new AppError('unprocessable', `Caddy could not load the configuration. ${complaint(exit)}\n${cure}`, {
    reason: 'configuration_refused',
  })
}

const nobodyListens = /connect: (connection refused|no such file or directory)/
const fromInput = ['--adapter', 'caddyfile', '--config', '-']

/** Packages of Caddy make this user; without one, Caddy is taken to run as root. */
export async function servingUser(host: Host): Promise<{ prefix: string[]; home: string }> {
  const { code, stdout } = await host.run({ argv: ['getent', 'passwd', '--', 'caddy'] })
  if (code !== 0) return { prefix: [], home: '/root' }
  const [, , uid = '', gid = '', , home = '/'] = stdout.trim().split(':')
  return { prefix: ['setpriv', '--reuid', uid, '--regid', gid, '--init-groups', '--'], home }
}

/** The last words of Caddy: before them it logs a line of JSON for each thing it did. */
function complaint({ stdout, stderr }: Exit): string {
  const lines = `${stdout}\n${stderr}`.trim().split('\n')
  return (lines.findLast((line) => line.startsWith('Error')) ?? lines.at(-1) ?? '').slice(0, 2_000)
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'
