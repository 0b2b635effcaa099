import { AppError } from '@ikoma/kernel'
import { applyAll, type Change, type Course, type Desired, planFor } from '@ikoma/machine'
import { localHost } from '../host/local-host.ts'
import { enrolRunner } from '../protocol/enrol.ts'
import { installed } from './installed.ts'
import * as places from './places.ts'
import type { Program } from './program.ts'
import { purged, removed } from './removed.ts'

export interface InstallOptions {
  program: Program
  version: string
  /** Of an invitation; needed until this server is enrolled. */
  invitation: { url: string; token: string; name?: string } | null
  allow?: readonly string[]
}

export interface Carrying {
  dryRun: boolean
  signal: AbortSignal
  /** Called with the plan before anything is done. */
  plan(changes: readonly Change[]): void
  course: Pick<Course, 'log' | 'step'>
}

const settleSec = 3

/** Makes this machine a server with a runner and an executor, started at boot. Gives the changes; none when it was one. */
export function installRunner(options: InstallOptions, carrying: Carrying): Promise<readonly Change[]> {
  const { program, version, invitation, allow } = options
  const enrolling = invitation && {
    url: invitation.url,
    enrol: () => enrolRunner({ ...invitation, version, stateDir: places.stateDir, force: true }),
  }
  return carryOut(installed({ program, enrolling, allow, settleSec }), carrying)
}

/** Takes that back; with `purge` the data too. */
export function uninstallRunner({ purge }: { purge: boolean }, carrying: Carrying): Promise<readonly Change[]> {
  return carryOut(purge ? purged() : removed(), carrying)
}

async function carryOut(desired: readonly Desired[], carrying: Carrying): Promise<readonly Change[]> {
  const { dryRun, signal, plan, course } = carrying
  // A stop is heard between two changes: what takes them back must be able to run programs too.
  const unstopped = new AbortController().signal
  const programs = { cwd: '/', marker: `install.${process.pid}`, killGraceMs: 5_000, signal: unstopped }
  const host = localHost(programs, () => undefined)
  const changes = await planFor(desired, host)
  plan(changes)
  if (dryRun || changes.length === 0) return changes
  await applyAll(changes, host, { ...course, signal, machineAfterStop: host })
  const left = await planFor(desired, host)
  if (left.length === 0) return changes
  const titles = left.map(({ title }) => title).join('; ')
  throw new AppError('internal', `It was done, and yet is still to do: ${titles}.`, { reason: 'not_converged' })
}
