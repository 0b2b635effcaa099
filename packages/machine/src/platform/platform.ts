import { AppError } from '@ikoma/kernel'
import {
  type AptRepository,
  aptRepository,
  installedVersions,
  packages,
  packagesForetold,
  sourceFile,
  type WantedPackage,
  type WantedPackages,
} from '../apt/index.ts'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import type { Stage } from '../stages.ts'
import { noFile, runningFrom } from '../system/index.ts'
import { findPrograms } from './programs.ts'

/** Something that backends run on: how it is installed, and where another of its kind may be already. */
export interface Platform {
  name: string
  packages: readonly WantedPackage[]
  /** Debian packages that bring the same from elsewhere; with a version, only others than that are in the way. */
  rivals: readonly WantedPackage[]
  /** The repository that the packages come from; null for the distribution's own. */
  repository: AptRepository | null
  /** The platform's program, which may also lie where no package put it. */
  program: { name: string; versionArgs: readonly string[]; accepts(version: string): boolean }
  /** Below it, programs are ours. */
  ownFolder?: string
}

export interface PlatformChoices {
  /** Whether what is stale goes; otherwise it is refused. */
  removeStale: boolean
  upgradeDependencies: boolean
}

/** What was there of a platform's kind before, or beside it. */
export interface Present {
  kind: 'package' | 'program' | 'repository'
  /** A package's name, or a path. */
  name: string
  version: string | null
  /** Whether it is in the way of what is wanted. */
  stale: boolean
}

/** The platform, installed in a version that will do. What is stale is found, and goes before or is refused. */
export function installedPlatform(platform: Platform, choices: PlatformChoices): Stage[] {
  const { name, repository } = platform
  const { upgradeDependencies } = choices
  const tools = packages({ install: [{ name: 'ca-certificates' }, { name: 'curl' }], upgradeDependencies })
  const ground: Desired[] = [
    (host) => clearance(host, platform, choices),
    ...(repository ? [tools, ...aptRepository(repository)] : []),
  ]
  const instead = async (host: Host): Promise<WantedPackages> => {
    const stale = (await survey(host, platform)).filter(({ kind, stale }) => stale && kind === 'package')
    return { install: platform.packages, remove: stale.map((each) => each.name), cascade: true, upgradeDependencies }
  }
  return [
    { title: `make room for ${name}`, desired: ground },
    {
      title: `install ${name}`,
      desired: [async (host) => packages(await instead(host))(host)],
      // What a repository that is not there yet offers, nobody can say.
      foreseen: async (host) => repository === null || (await planFor(aptRepository(repository), host)).length === 0,
      certain: [async (host) => packagesForetold(await instead(host))(host)],
    },
  ]
}

/** Everything of the platform's kind on this machine. */
export async function survey(host: Host, platform: Platform): Promise<Present[]> {
  const { program, ownFolder } = platform
  const programs = await findPrograms(host, program)
  return [
    ...(await findPackages(host, platform)),
    ...programs.map(({ path, version, leadsTo, inPath }): Present => {
      const own = ownFolder !== undefined && leadsTo?.startsWith(`${ownFolder}/`)
      return { kind: 'program', name: path, version, stale: inPath && !own && !program.accepts(version ?? '') }
    }),
    ...(await findRepositories(host, platform)),
  ]
}

async function findPackages(host: Host, { packages, rivals }: Platform): Promise<Present[]> {
  const installed = await installedVersions(host)
  const among = (wanted: readonly WantedPackage[], otherwise: boolean) =>
    wanted.flatMap(({ name, version: wish }): Present[] => {
      const version = installed.get(name)
      if (version === undefined) return []
      return [{ kind: 'package', name, version, stale: wish ? !wish.accepts(version) : otherwise }]
    })
  return [...among(packages, false), ...among(rivals, true)]
}

/** Files of other people for the repository that ours replaces: apt would see two. */
async function findRepositories(host: Host, { repository }: Platform): Promise<Present[]> {
  const folder = '/etc/apt/sources.list.d'
  const present: Present[] = []
  if (repository === null) return present
  const { host: origin } = new URL(repository.url)
  for (const name of await host.list(folder)) {
    const path = `${folder}/${name}`
    if (path === sourceFile(repository.name) || !/\.(list|sources)$/.test(name)) continue
    if (!(await host.read(path))?.includes(origin)) continue
    present.push({ kind: 'repository', name: path, version: null, stale: true })
  }
  return present
}

/** What takes stale files out of the way; packages go with the installation. */
async function clearance(host: Host, platform: Platform, { removeStale }: PlatformChoices): Promise<Change[]> {
  const stale = (await survey(host, platform)).filter((each) => each.stale)
  if (stale.length > 0 && !removeStale) {
    const what = stale.map(({ name, version }) => (version === null ? name : `${name} ${version}`)).join(', ')
    const message = `There is already something in the way of ${platform.name}: ${what}. Set removeStale to have it removed.`
    throw new AppError('unprocessable', message, { reason: 'stale_version' })
  }
  const own = stale.find((each) => isRunning(each, platform))
  if (own) throw runningFrom(own.name)
  const repositories = stale.filter(({ kind }) => kind === 'repository').map(({ name }) => noFile(name)(host))
  const programs = stale.filter(({ kind }) => kind === 'program').map(asideOf)
  return [...(await Promise.all(repositories)).flat(), ...programs]
}

/** What would be gone is the Node.js that runs this. A package that is installed anew is there again. */
function isRunning({ kind, name }: Present, { packages }: Platform): boolean {
  if (kind === 'program') return name === process.execPath
  const comesBack = packages.some((each) => each.name === name)
  return kind === 'package' && name === 'nodejs' && process.execPath === '/usr/bin/node' && !comesBack
}

/** A program of unknown origin is kept, under a name that nothing calls. */
function asideOf({ name, version }: Present): Change {
  const aside = `${name}.stale-${version ?? 'unknown'}`
  const move = (from: string, to: string) => ['mv', '--no-target-directory', '--', from, to] as const
  return {
    title: `move ${name} (${version ?? 'of unknown version'}) aside to ${aside}`,
    diff: null,
    apply: (on) => mustRun(on, { argv: move(name, aside) }),
    undo: (on) => mustRun(on, { argv: move(aside, name) }),
  }
}
