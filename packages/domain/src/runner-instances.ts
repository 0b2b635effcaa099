import { runnerOfflineAfterMs } from './runner.ts'

/** One start of a runner on one machine, as often as it was seen. Times are epoch milliseconds of the control plane. */
export interface Sighting {
  /** A hash of the machine's identity; `-` where it has none. */
  machine: string
  /** Made anew with each start of the runner, and kept nowhere. */
  boot: string
  /** The address that it speaks from. */
  from: string
  firstAt: number
  lastAt: number
  /** It said goodbye. */
  over: boolean
}

/** Who spoke under a runner's name lately. */
export interface Instances {
  /** The highest protocol that it ever spoke; 0 before it spoke. */
  protocol: number
  sightings: Sighting[]
  /** How far its machine's clock is ahead of the control plane's. */
  skewMs?: number | undefined
  /** The last drain or its end; the later of two counts. */
  drain?: Drain | undefined
  /** The last token that it was asked to bring, and brought. */
  rotation?: { askedAt: number; fetchedAt: number } | undefined
}

/** It gets no more orders, until it is resumed or a start of it speaks that is not one of `boots`. */
export interface Drain {
  on: boolean
  at: number
  by: string
  boots: string[]
}

export const nobodySeen: Instances = { protocol: 0, sightings: [] }

/** How long requests of a start that has ended may still arrive after the first of the next. */
export const settleMs = 3_000
const maxSightings = 8

/** Adds what was seen now, and forgets whom nobody has heard for as long as makes a runner offline. */
export function withSighting(known: Instances, seen: Omit<Sighting, 'firstAt' | 'lastAt'>, now: number): Instances {
  const before = known.sightings.find((each) => isSame(each, seen))
  const sighting = { ...seen, firstAt: before && !before.over ? Math.min(before.firstAt, now) : now, lastAt: now }
  const others = known.sightings.filter((each) => !isSame(each, seen) && isRecent(each, now))
  return { ...known, sightings: [...others, sighting].slice(-maxSightings) }
}

/** What two processes of the control plane know, put together. */
export function mergedInstances(one: Instances, other: Instances): Instances {
  const sightings = [...one.sightings]
  for (const each of other.sightings) {
    const at = sightings.findIndex((mine) => isSame(mine, each))
    const mine = sightings[at]
    if (mine === undefined) sightings.push(each)
    else {
      const later = each.lastAt > mine.lastAt || (each.lastAt === mine.lastAt && each.over) ? each : mine
      sightings[at] = { ...later, firstAt: Math.min(mine.firstAt, each.firstAt) }
    }
  }
  const drain = (other.drain?.at ?? 0) >= (one.drain?.at ?? 0) ? (other.drain ?? one.drain) : one.drain
  const skewMs = other.skewMs ?? one.skewMs
  const protocol = Math.max(one.protocol, other.protocol)
  const rotation = (other.rotation?.fetchedAt ?? 0) >= (one.rotation?.fetchedAt ?? 0) ? other.rotation : one.rotation
  return { protocol, sightings: sightings.slice(-maxSightings), skewMs, drain, rotation }
}

/**
 * Those of which two at least live at the same time; none when it is one after the other, as with a restart, a reboot, or a
 * disk that was moved. One that is not heard any more for as long as makes a runner offline releases the other.
 */
export function clonesOf({ sightings }: Instances, now: number): Sighting[] {
  const live = sightings.filter((each) => isLive(each, now))
  return live.filter((each) => live.some((other) => !isSame(each, other) && overlap(each, other)))
}

/**
 * Until when a newcomer gets nothing yet, and the one before it is not kept waiting, so that the latter is heard again if it
 * lives: 0 when there is nobody else.
 */
export function settledAt({ sightings }: Instances, now: number): number {
  const live = sightings.filter((each) => isLive(each, now))
  if (live.length < 2) return 0
  return Math.max(...live.map(({ firstAt }) => firstAt)) + settleMs
}

/** Whether it came last of those that live. */
export function isNewcomer({ sightings }: Instances, seen: Pick<Sighting, 'machine' | 'boot'>, now: number): boolean {
  const live = sightings.filter((each) => isLive(each, now))
  const me = live.find((each) => isSame(each, seen))
  return me !== undefined && live.every((other) => isSame(other, me) || other.firstAt <= me.firstAt)
}

const isSame = (a: Pick<Sighting, 'machine' | 'boot'>, b: Pick<Sighting, 'machine' | 'boot'>) =>
  a.machine === b.machine && a.boot === b.boot
/** What lies ahead was seen by a clock that was wrong. */
const isRecent = ({ lastAt }: Sighting, now: number) => Math.abs(now - lastAt) <= runnerOfflineAfterMs
const isLive = (each: Sighting, now: number) => !each.over && isRecent(each, now)

function overlap(a: Sighting, b: Sighting): boolean {
  const [first, second] = a.firstAt <= b.firstAt ? [a, b] : [b, a]
  return first.lastAt > second.firstAt + settleMs
}
