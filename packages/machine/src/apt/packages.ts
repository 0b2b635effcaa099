import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'
import {
  candidates,
  downgrade,
  install,
  type PackageState,
  packageStates,
  refreshLists,
  remove,
  simulate,
  type Transaction,
  transact,
  type Verb,
} from './apt.ts'
import { repairOf } from './interrupted.ts'
import { listOf } from './listed.ts'

export interface WantedPackage {
  name: string
  /** Which versions will do; every one by default. One that will not is replaced. */
  version?: { title: string; accepts(version: string): boolean } | undefined
}

export interface WantedPackages {
  install: readonly WantedPackage[]
  /** Configuration and data of what is removed stay. */
  remove?: readonly string[]
  /** Whether what needs a removed package goes with it; otherwise that is refused. */
  cascade?: boolean
  /** Whether packages that are there may be brought up to date where a new one needs it; otherwise that is refused. */
  upgradeDependencies?: boolean
}

/** Debian packages that are installed, and others that are not. Nothing else is upgraded or removed without being asked. */
export function packages(wanted: WantedPackages): Desired {
  return (host) => planPackages(host, wanted, candidates)
}

/** The same as long as nobody can say what a repository that is still to come offers: without what comes with them. */
export function packagesForetold(wanted: WantedPackages): Desired {
  return (host) => planPackages(host, wanted, async () => new Map())
}

async function planPackages(host: Host, wanted: WantedPackages, offersOf: typeof candidates): Promise<Change[]> {
  const there = await packageStates(host)
  const repair = await repairOf(host, there)
  // Before a repair apt foresees nothing.
  const foresee = repair ? async () => null : (verb: Verb, specs: readonly string[]) => simulate(host, verb, specs)
  const removal = await planRemoval(wanted, there, foresee)
  const gone = removal?.gone ?? []
  const offered = await offersOf(host, namesOf(missingFrom(there, wanted, gone)))
  const installation = await planInstallation(wanted, { there, offered, gone }, foresee)
  return [repair, removal?.change, installation].flatMap((change) => change ?? [])
}

type Foresee = (verb: Verb, specs: readonly string[]) => Promise<Transaction | null>

interface Machine {
  there: Map<string, PackageState>
  offered: Map<string, string>
  /** What the removal before takes away. */
  gone: readonly string[]
}

async function planRemoval(wanted: WantedPackages, there: Map<string, PackageState>, foresee: Foresee) {
  const asked = (wanted.remove ?? []).filter((name) => isThere(there.get(name)))
  if (asked.length === 0) return null
  const foreseen = await foresee(remove, asked)
  const expectation = { asked, mayRemove: wanted.cascade ? null : asked, wanted }
  if (foreseen) refuseSurprises(foreseen, expectation)
  const removes = foreseen?.removes ?? asked.map((name) => ({ name, before: there.get(name)?.version ?? '' }))
  const namesRemoved = removes.map(({ name }) => name)
  const change: Change = {
    title: `remove ${listOf(removes.map(({ name, before }) => `${name} ${before}`))}`,
    diff: removes.map(({ name, before }) => `-${name} ${before}`).join('\n'),
    apply: async (on) => {
      // What cannot be replaced stays.
      const missing = missingFrom(there, wanted, namesRemoved)
      if (missing.length > 0) await exactOffers(on, missing)
      refuseSurprises(await simulate(on, remove, asked), expectation)
      await transact(on, remove, asked)
    },
    undo: (on) =>
      transact(
        on,
        install,
        removes.map(({ name, before }) => `${name}=${before}`),
      ),
  }
  return { change, gone: namesRemoved }
}

async function planInstallation(wanted: WantedPackages, machine: Machine, foresee: Foresee): Promise<Change | null> {
  const { there, offered, gone } = machine
  const missing = missingFrom(there, wanted, gone)
  if (missing.length === 0) return null
  const asked = namesOf(missing)
  const known = missing.every((each) => accepted(each, offered.get(each.name)))
  const removed = gone.filter((name) => !asked.includes(name)).map((name) => `${name}-`)
  const specs = asked.map((name) => `${name}=${offered.get(name)}`)
  // Until the lists are fetched, nobody can say what comes with it.
  const foreseen = known ? await foresee(install, [...specs, ...removed]) : null
  if (foreseen) refuseSurprises(foreseen, { asked, mayRemove: gone, wanted })
  let done: Transaction | null = null
  return {
    title: `install ${listOf(missing.map(titleOf))}`,
    diff: foreseen && diffOf(foreseen, gone),
    apply: async (on) => {
      const exact = await exactOffers(on, missing)
      done = await simulate(on, install, exact)
      refuseSurprises(done, { asked, mayRemove: [], wanted })
      await transact(on, install, exact)
    },
    undo: async (on) => {
      if (done) await revert(on, done)
    },
  }
}

function missingFrom(
  there: Map<string, PackageState>,
  { install: asked }: WantedPackages,
  gone: readonly string[],
): WantedPackage[] {
  return asked.filter(({ name, version }) => {
    const state = gone.includes(name) ? undefined : there.get(name)
    return !isThere(state) || (version !== undefined && !version.accepts(state?.version ?? ''))
  })
}

async function revert(host: Host, { installs }: Transaction): Promise<void> {
  const added = installs.filter(({ before }) => before === null).map(({ name }) => name)
  if (added.length > 0) await transact(host, remove, added)
  const changed = installs.flatMap(({ name, before }) => (before === null ? [] : [`${name}=${before}`]))
  if (changed.length > 0) await transact(host, downgrade, changed)
}

function isThere(state: PackageState | undefined): boolean {
  return state?.status === 'installed'
}

function accepted({ version }: WantedPackage, offered: string | undefined): boolean {
  return offered !== undefined && (version?.accepts(offered) ?? true)
}

/** Each with the version that the repositories have now. */
async function exactOffers(host: Host, missing: readonly WantedPackage[]): Promise<string[]> {
  await refreshLists(host)
  const now = await candidates(host, namesOf(missing))
  return missing.map((each) => `${each.name}=${offeredOf(each, now)}`)
}

function offeredOf(wanted: WantedPackage, now: Map<string, string>): string {
  const offered = now.get(wanted.name)
  if (offered !== undefined && accepted(wanted, offered)) return offered
  const instead = offered === undefined ? '' : `, but ${offered}`
  throw refusal('package_unavailable', `The repositories of this server have no ${titleOf(wanted)}${instead}.`)
}

function titleOf({ name, version }: WantedPackage): string {
  return version ? `${name} ${version.title}` : name
}

function namesOf(wanted: readonly WantedPackage[]): string[] {
  return wanted.map(({ name }) => name)
}

interface Expectation {
  asked: readonly string[]
  /** Null when whatever goes with it may go. */
  mayRemove: readonly string[] | null
  wanted: WantedPackages
}

function refuseSurprises({ installs, removes }: Transaction, { asked, mayRemove, wanted }: Expectation): void {
  const lost = removes.map(({ name }) => name).filter((name) => mayRemove !== null && !mayRemove.includes(name))
  if (lost.length > 0) {
    throw refusal('would_remove', `apt would also remove ${listOf(lost)}. Order their removal too, if that is meant.`)
  }
  const upgraded = installs.filter(({ name, before }) => before !== null && !asked.includes(name))
  if (upgraded.length === 0 || wanted.upgradeDependencies) return
  const names = listOf(upgraded.map(({ name, before, after }) => `${name} ${before} to ${after}`))
  const cure = 'Order system.updates.apply first, or set upgradeDependencies.'
  throw refusal('would_upgrade', `apt would also upgrade ${names}. ${cure}`)
}

function refusal(reason: string, message: string): AppError {
  return new AppError('unprocessable', message, { reason })
}

function diffOf({ installs, removes }: Transaction, gone: readonly string[]): string {
  const lines = [
    ...removes.filter(({ name }) => !gone.includes(name)).map(({ name, before }) => `-${name} ${before}`),
    ...installs.flatMap(({ name, before, after }) => [
      ...(before === null || gone.includes(name) ? [] : [`-${name} ${before}`]),
      `+${name} ${after}`,
    ]),
  ]
  return lines.join('\n')
}
