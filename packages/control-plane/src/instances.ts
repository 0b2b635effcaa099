import { runnerInstanceHeader, runnerInstancePattern } from '@ikoma/api'
import {
  type AttachedRunner,
  clonesOf,
  type Drain,
  type Instances,
  isNewcomer,
  mergedInstances,
  nobodySeen,
  runnerOfflineAfterMs,
  type Sighting,
  settledAt,
  settleMs,
  withSighting,
} from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import type { Presence } from './presence.ts'
import type { SignalDesk } from './signal-desk.ts'
import type { Alarms } from './watch/alarms.ts'

const stored = z.object({
  protocol: z.number().int(),
  sightings: z.array(
    z.object({
      machine: z.string(),
      boot: z.string(),
      from: z.string(),
      firstAt: z.number(),
      lastAt: z.number(),
      over: z.boolean(),
    }),
  ),
  skewMs: z.number().optional(),
  drain: z.object({ on: z.boolean(), at: z.number(), by: z.string(), boots: z.array(z.string()) }).optional(),
  rotation: z.object({ askedAt: z.number(), fetchedAt: z.number() }).optional(),
})

/** How much of a long-lived sighting another process may miss: well within what makes a runner offline. */
const writeEveryMs = 10_000
/** The former one asks again within this of its wait being cut short. */
const askAgainMs = 1_500

/** What the control plane wrote of a runner's machines; what cannot be read is as nothing. */
export function instancesOf({ instance }: Pick<AttachedRunner, 'instance'>): Instances {
  try {
    return stored.parse(JSON.parse(instance ?? 'null'))
  } catch {
    return nobodySeen
  }
}

export type Speaker = Pick<Sighting, 'machine' | 'boot' | 'from'>

/** The machine that a request comes from; null for a program that does not say. */
export function speakerOf({ headers, ip }: { headers: Readonly<Record<string, unknown>>; ip: string }): Speaker | null {
  const [, machine, boot] = runnerInstancePattern.exec(String(headers[runnerInstanceHeader])) ?? []
  return machine === undefined || boot === undefined ? null : { machine, boot, from: ip }
}

export interface RunnerInstancesDeps {
  presence: Presence
  signals: SignalDesk
  alarms: Alarms
}

/**
 * Which machines speak under a runner's name. What this process saw and what others wrote into the runner's row is put
 * together at each request, so that two that talk to different processes are noticed too.
 */
export class RunnerInstances {
  readonly #deps: RunnerInstancesDeps
  readonly #known = new Map<string, { name: string; instances: Instances; writtenAt: number }>()
  readonly #alarmed = new Set<string>()

  constructor(deps: RunnerInstancesDeps) {
    this.#deps = deps
  }

  /** The highest protocol that the runner ever spoke, as far as is known here. */
  protocolOf(runner: AttachedRunner): number {
    return Math.max(instancesOf(runner).protocol, this.#known.get(runner.id)?.instances.protocol ?? 0)
  }

  see(runner: AttachedRunner, said: Said, now: number): void {
    const { presence } = this.#deps
    const { speaker, protocol, clockAt } = said
    const known = this.#known.get(runner.id)
    const before = mergedInstances(instancesOf(runner), known?.instances ?? nobodySeen)
    const after = speaker ? withSighting(before, { ...speaker, over: false }, now) : before
    const skewMs = clockAt === null ? before.skewMs : Math.round(clockAt - now)
    const over = speaker !== null && before.drain !== undefined && isRestart(before, speaker.boot)
    const drain = over && before.drain ? { ...before.drain, on: false, at: before.drain.at + 1 } : before.drain
    const instances: Instances = { ...after, protocol: Math.max(before.protocol, protocol), skewMs, drain }
    const more = clonesOf(instances, now).length !== clonesOf(before, now).length
    const ended = drain?.on !== before.drain?.on
    const news = more || ended || instances.protocol !== before.protocol || !sameOnes(before, instances)
    const write = news || now - (known?.writtenAt ?? 0) >= writeEveryMs
    this.#known.set(runner.id, { name: runner.name, instances, writtenAt: write ? now : (known?.writtenAt ?? 0) })
    if (write) presence.touch({ id: runner.id, lastSeenAt: now, instance: JSON.stringify(instances) })
    // Whoever waits under the same name is to speak, if it is still there.
    if (news) this.#deps.signals.nudge(topicOf(runner))
    this.#alarm(now, runner.id)
  }

  /** Gives it no more orders, or again; answers the runner as it is then. */
  drain(runner: AttachedRunner, { on, by }: Pick<Drain, 'on' | 'by'>, now: number): AttachedRunner {
    const known = this.#of(runner)
    const boots = known.sightings.filter(({ over }) => !over).map(({ boot }) => boot)
    const drain = { on, by, boots, at: Math.max(now, (known.drain?.at ?? 0) + 1) }
    const instances = { ...known, drain }
    const instance = JSON.stringify(instances)
    this.#known.set(runner.id, { name: runner.name, instances, writtenAt: now })
    if (runner.lastSeenAt !== null)
      this.#deps.presence.touch({ id: runner.id, lastSeenAt: runner.lastSeenAt, instance })
    this.#deps.signals.nudge(topicOf(runner))
    return { ...runner, instance }
  }

  /** Remembers, to be shown, that it has brought the token that it was asked for. */
  broughtToken(runner: AttachedRunner, askedAt: number, now: number): void {
    const instances = { ...this.#of(runner), rotation: { askedAt, fetchedAt: now } }
    this.#known.set(runner.id, { name: runner.name, instances, writtenAt: now })
    this.#deps.presence.touch({ id: runner.id, lastSeenAt: now, instance: JSON.stringify(instances) })
  }

  isDraining(runner: AttachedRunner): boolean {
    return this.#of(runner).drain?.on ?? false
  }

  /** How far its clock is ahead; 0 while it is not known. */
  skewMs(runner: AttachedRunner): number {
    return this.#of(runner).skewMs ?? 0
  }

  #of(runner: AttachedRunner): Instances {
    return mergedInstances(instancesOf(runner), this.#known.get(runner.id)?.instances ?? nobodySeen)
  }

  /** The runner says that it goes: the next start of it need not wait. */
  bye(runner: AttachedRunner, speaker: Speaker, now: number): void {
    const known = this.#known.get(runner.id)
    const before = known?.instances ?? instancesOf(runner)
    const instances = withSighting(before, { ...speaker, over: true }, now)
    this.#known.set(runner.id, { name: runner.name, instances, writtenAt: now })
    this.#deps.presence.touch({ id: runner.id, lastSeenAt: now, instance: JSON.stringify(instances) })
    this.#alarm(now, runner.id)
  }

  /** How long this speaker must be given nothing yet; how long one before it may be kept waiting. Throws when there are two. */
  holdMs(runner: AttachedRunner, speaker: Speaker | null, now: number): { nothingMs: number; waitMs: number } {
    const free = { nothingMs: 0, waitMs: Number.POSITIVE_INFINITY }
    const instances = mergedInstances(instancesOf(runner), this.#known.get(runner.id)?.instances ?? nobodySeen)
    const clones = clonesOf(instances, now)
    if (clones.length > 0) throw runnerCloned(runner.name, clones)
    const settled = settledAt(instances, now)
    if (speaker === null || settled + askAgainMs <= now) return free
    if (isNewcomer(instances, speaker, now)) return { ...free, nothingMs: settled + askAgainMs - now }
    return { ...free, waitMs: Math.max(100, settled + 100 - now) }
  }

  /** Forgets who is gone, and with the last of two ends the alarm. */
  sweep(now: number): void {
    for (const [id, { instances }] of this.#known) {
      this.#alarm(now, id)
      if (instances.drain?.on) continue
      if (instances.sightings.every(({ lastAt }) => now - lastAt > runnerOfflineAfterMs)) this.#known.delete(id)
    }
  }

  #alarm(now: number, runnerId: string): void {
    const known = this.#known.get(runnerId)
    const cloned = known !== undefined && clonesOf(known.instances, now).length > 0
    if (cloned === this.#alarmed.has(runnerId)) return
    if (cloned) this.#alarmed.add(runnerId)
    else this.#alarmed.delete(runnerId)
    const cases = [...this.#alarmed].map((id) => {
      const { name = '', instances = nobodySeen } = this.#known.get(id) ?? {}
      return { runnerId: id, name, machines: clonesOf(instances, now).map(shownSighting) }
    })
    this.#deps.alarms.raise('runner_cloned', ...cases)
  }
}

interface Said {
  speaker: Speaker | null
  protocol: number
  /** What its clock shows; null when it does not say. */
  clockAt: number | null
}

/** Whether this is another start of the runner than those that were told to give up their work. */
function isRestart({ drain }: Instances, boot: string): boolean {
  return drain?.on === true && drain.boots.length > 0 && !drain.boots.includes(boot)
}

export const topicOf = ({ id }: Pick<AttachedRunner, 'id'>): string => `instance:${id}`

function sameOnes(one: Instances, other: Instances): boolean {
  const names = ({ sightings }: Instances) => sightings.map(({ machine, boot, over }) => `${machine} ${boot} ${over}`)
  return names(one).sort().join() === names(other).sort().join()
}

export function shownSighting({ machine, from, firstAt, lastAt }: Sighting) {
  const iso = (time: number) => new Date(time).toISOString()
  return { machine, address: from, since: iso(firstAt), lastSeenAt: iso(lastAt) }
}

function runnerCloned(name: string, clones: Sighting[]): AppError {
  const machines = clones.map(({ machine, from, firstAt }) => {
    return `${machine.slice(0, 12)} at ${from} since ${new Date(firstAt).toISOString()}`
  })
  return new AppError(
    'conflict',
    `Two machines speak as the runner "${name}": ${machines.join(', and ')}. Both get no orders. On the copy run ` +
      '`ikoma runner install --new-identity` with a new invitation, or stop it: the other goes on ' +
      `${runnerOfflineAfterMs / 1000} s later.`,
    { reason: 'runner_cloned', retryAfterSec: Math.ceil(settleMs / 1000) },
  )
}
