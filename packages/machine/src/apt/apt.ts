import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import { runAptly } from './aptly.ts'

export interface PackageState {
  version: string
  /** dpkg's word: `installed`, `config-files`, `unpacked`, `half-configured`, … */
  status: string
}

/** What apt would do, or did. */
export interface Transaction {
  /** `from` names the repositories that have it, as apt writes them. */
  installs: { name: string; before: string | null; after: string; from: string }[]
  removes: { name: string; before: string }[]
}

const installSec = 1_700
const listSec = 300

/** The administrator's own versions of configuration files are kept, and a running apt is waited for. */
const options = [
  '--yes',
  '--no-install-recommends',
  '--option=DPkg::Lock::Timeout=120',
  '--option=Dpkg::Options::=--force-confdef',
  '--option=Dpkg::Options::=--force-confold',
]
/** No service is restarted by needrestart because something else was installed. */
const env = { NEEDRESTART_SUSPEND: '1' }

/** What dpkg knows, by name; packages that were never there are absent. */
export async function packageStates(host: Host): Promise<Map<string, PackageState>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query replaces these
  const format = '${Package}\t${db:Status-Status}\t${Version}\n'
  const listed = await outputOf(host, { argv: ['dpkg-query', '--show', `--showformat=${format}`] })
  const states = listed.split('\n').flatMap((line): [string, PackageState][] => {
    const [name, status, version] = line.split('\t')
    return name && status && status !== 'not-installed' ? [[name, { status, version: version ?? '' }]] : []
  })
  return new Map(states)
}

export async function installedVersions(host: Host): Promise<Map<string, string>> {
  const states = [...(await packageStates(host))].filter(([, { status }]) => status === 'installed')
  return new Map(states.map(([name, { version }]) => [name, version]))
}

/** The version that apt would install of each package; those it knows none of are absent. */
export async function candidates(host: Host, names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  if (names.length === 0) return found
  const policies = await outputOf(host, { argv: ['apt-cache', 'policy', '--', ...names] })
  for (const [, name, version] of policies.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (\S+)$/gm)) {
    if (name && version && version !== '(none)') found.set(name, version)
  }
  return found
}

/** `caddy=2.6.2-5` or `caddy`; with `-` at its end it is removed. */
export async function simulate(host: Host, verb: Verb, specs: readonly string[]): Promise<Transaction> {
  const said = await outputOf(host, { argv: ['apt-get', '--simulate', ...options, ...verb, '--', ...specs], env })
  const installs = said.matchAll(/^Inst (\S+)(?: \[([^\]]+)\])? \((\S+) ([^)[]*)/gm)
  return {
    installs: [...installs].map(([, name = '', before, after = '', from = '']) => ({
      name,
      before: before ?? null,
      after,
      from: from.trim(),
    })),
    removes: [...said.matchAll(/^(?:Remv|Purg) (\S+) \[([^\]]+)\]/gm)].map(([, name = '', before = '']) => ({
      name,
      before,
    })),
  }
}

export const install = ['install'] as const
/** What is there already; what came because another needs it is not taken for something that people want. */
export const renew = ['install', '--only-upgrade'] as const
export const reinstall = ['install', '--reinstall'] as const
/** Back to the version from before. */
export const downgrade = ['install', '--only-upgrade', '--allow-downgrades'] as const
export const remove = ['remove'] as const
/** Everything, as far as nothing has to be removed. */
export const upgrade = ['upgrade', '--with-new-pkgs'] as const
export type Verb = typeof install | typeof reinstall | typeof renew | typeof downgrade | typeof remove | typeof upgrade

/** What takes minutes is heard while it runs. */
const aloud = true

export async function transact(host: Host, verb: Verb, specs: readonly string[]): Promise<void> {
  await runAptly(host, { argv: ['apt-get', ...options, ...verb, '--', ...specs], env, timeoutSec: installSec, aloud })
}

/** Fetches what the repositories offer now. */
export async function refreshLists(host: Host): Promise<void> {
  await runAptly(host, { argv: ['apt-get', ...options, 'update'], env, timeoutSec: listSec, aloud })
}

/** Goes on where an installation was interrupted; what was not even unpacked is fetched and unpacked once more. */
export async function finishInterrupted(host: Host, halfInstalled: readonly string[]): Promise<void> {
  const argv = ['dpkg', '--force-confdef', '--force-confold', '--configure', '--pending'] as const
  await runAptly(host, { argv, env, timeoutSec: installSec, aloud })
  if (halfInstalled.length > 0) await transact(host, reinstall, halfInstalled)
}
