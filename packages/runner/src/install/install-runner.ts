import { AppError } from '@ikoma/kernel'
import { type Course, converge, linesOf, notConverged, type PlanLine, type Stage } from '@ikoma/machine'
import { localHost } from '../host/local-host.ts'
import { enrolRunner, invitationDigest } from '../protocol/enrol.ts'
import { publicSealKey } from '../protocol/seal-key.ts'
import type { Bundle } from './bundle.ts'
import { type Installation, installed } from './installed.ts'
import * as places from './places.ts'
import { purged, removed } from './removed.ts'

export interface InstallOptions {
  program: Bundle
  version: string
  /** Of an invitation; needed until this server is enrolled. */
  invitation: { url: string; token: string; name?: string; insecure?: boolean; ca?: string } | null
  /** Another address of the control plane that this server is enrolled with. */
  moving?: { url?: string; insecure: boolean; ca?: string } | null
  allow?: readonly string[]
  /** This machine is a copy of another one: it becomes a runner of its own. */
  newIdentity?: boolean
}

export interface Carrying {
  dryRun: boolean
  signal: AbortSignal
  /** Called with the plan before anything is done. */
  plan(lines: readonly PlanLine[]): void
  course: Pick<Course, 'log' | 'step'>
}

const settleSec = 3

/** Makes this machine a server with a runner and an executor, started at boot. Gives the changes, made or to make; none when it was one. */
export function installRunner(options: InstallOptions, carrying: Carrying): Promise<readonly PlanLine[]> {
  return carryOut(installed(installationOf(options)), carrying)
}

export function installationOf(options: InstallOptions): Installation {
  const { program, version, invitation, moving = null, allow, newIdentity = false } = options
  const enrolling = invitation && {
    url: invitation.url,
    invitation: invitationDigest(invitation.token),
    enrol: async () => {
      const executorSealKey = await publicSealKey(places.executorSealKey)
      return enrolRunner({ ...invitation, version, stateDir: places.stateDir, force: true, executorSealKey })
    },
  }
  return { program, enrolling, moving, allow, settleSec, newIdentity }
}

/** Takes that back; with `purge` the data too. */
export function uninstallRunner({ purge }: { purge: boolean }, carrying: Carrying): Promise<readonly PlanLine[]> {
  return carryOut(purge ? purged() : removed(), carrying)
}

async function carryOut(stages: readonly Stage[], carrying: Carrying): Promise<readonly PlanLine[]> {
  const { dryRun, signal, plan: show, course } = carrying
  // A stop is heard between two changes: what takes them back must be able to run programs too.
  const unstopped = new AbortController().signal
  const programs = { cwd: '/', marker: `install.${process.pid}`, killGraceMs: 5_000, signal: unstopped }
  const host = localHost(programs, () => undefined)
  const told = { ...course, dryRun, signal, machineAfterStop: host }
  const { plan, made, left } = await converge(stages, host, { ...told, show: (plan) => show(linesOf(plan)) })
  if (left.length === 0) return dryRun ? linesOf(plan) : made
  throw new AppError('internal', notConverged(left), {
    reason: 'not_converged',
  })
}
