import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import { portHolders } from './port-holders.ts'
import type { NginxFeatures } from './site-file.ts'

export interface NginxPlaces {
  main: string
  /** Folder that the main file includes in `http`: Debian's is there for this. */
  sites: string
  /** What nginx would read; there from its test until nginx serves it. */
  candidate: string
}

export const nginxPlaces: NginxPlaces = {
  main: '/etc/nginx/nginx.conf',
  sites: '/etc/nginx/conf.d',
  candidate: '/etc/nginx/ikoma-candidate.conf',
}

/** Has `nginx -t` judge a main file; also refuses what it only warns of: a domain of ours that another site has. */
export async function testNginx(host: Host, main: string, domains: readonly string[]): Promise<void> {
  const { code, stderr } = await host.run({ argv: ['nginx', '-t', '-c', main] })
  if (code !== 0) {
    throw new AppError(
      'unprocessable',
      `nginx refuses the configuration; nothing was changed. ${stderr.trim().slice(-2_000)}`,
      {
        reason: 'configuration_refused',
      },
    )
  }
  const taken = domains.find((domain) => stderr.includes(`conflicting server name "${domain}"`))
  if (taken === undefined) return
  throw new AppError('unprocessable', `Another site of nginx has ${taken} already; this one would be ignored.`, {
    reason: 'domain_taken',
  })
}

/** Of the program that is installed; rejects where there is none. */
export async function nginxFeatures(host: Host): Promise<NginxFeatures> {
  const { stdout, stderr } = await host.run({ argv: ['nginx', '-v'] })
  const [, ...parts] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(stdout + stderr) ?? []
  const [major = 0, minor = 0, patch = 0] = parts.map(Number)
  return { keepAliveTime: major > 1 || (major === 1 && (minor > 19 || (minor === 19 && patch >= 10))) }
}

/** The process that nginx's unit watches over; refuses when it does not run. */
export async function findNginx(host: Host): Promise<number> {
  const argv = ['systemctl', 'show', '--property=MainPID', '--value', '--', unit] as const
  const pid = Number(await outputOf(host, { argv }))
  if (pid > 0) return pid
  throw new AppError('unprocessable', 'nginx does not run. Start it first: its sites are changed while it serves.', {
    reason: 'nginx_not_running',
  })
}

/**
 * Has nginx change to what is on disk, and returns once it serves it. It answers a reload before it has done it, and says
 * nothing when it cannot, such as when a port is taken: only then its old workers stay alone.
 */
export async function reloadNginx(host: Host, ports: readonly number[]): Promise<void> {
  const master = await findNginx(host)
  const before = await workersOf(host, master)
  await tellNginxToReload(host)
  if (before === null) return
  for (let polls = 0; polls < maxPolls; polls += 1) {
    const now = (await workersOf(host, master)) ?? []
    // A program of the host, because that ends when the order is told to stop. The old workers go on for 0.1 s.
    await mustRun(host, { argv: ['sleep', '0.2'] })
    if (now.some((pid) => !before.includes(pid))) return
  }
  const holders = await portHolders(host, ports)
  const why = holders.length > 0 ? holders.join(' ') : 'Its error log says why.'
  throw new AppError('unprocessable', `nginx did not take the new configuration, and serves as before. ${why}`, {
    reason: 'reload_refused',
  })
}

/** Has nginx go back to what was there before, for which nothing is to be waited. */
export function tellNginxToReload(host: Host): Promise<void> {
  return mustRun(host, { argv: ['systemctl', 'reload', '--', unit] })
}

const unit = 'nginx.service'
/** Ten seconds: nginx tries five times, half a second apart, to get a port. */
const maxPolls = 50

/** Null where the kernel does not tell. */
async function workersOf(host: Host, master: number): Promise<string[] | null> {
  const children = await host.read(`/proc/${master}/task/${master}/children`)
  return children === null ? null : children.trim().split(' ')
}
