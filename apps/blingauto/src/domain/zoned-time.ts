import { Temporal } from 'temporal-polyfill'

/** From `from` up to, not including, `to`: epoch milliseconds. */
export interface Span {
  from: number
  to: number
}

/** What the clock on the wall of a place shows. */
export interface LocalTime {
  /** `2026-10-25` */
  date: string
  /** `12:30` */
  time: string
  /** IANA name, `Europe/Paris`. */
  zone: string
  /** `+02:00`, which tells the two hours of an autumn night apart. */
  offset: string
}

/** Whether it is the name of a zone with its history, and not an offset. */
export function isZone(text: string): boolean {
  try {
    return /^[A-Za-z]/.test(text) && new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const clocks = new Map<string, (instant: number) => LocalTime>()

/** Of the years 0 to 9999. */
export function localOf(instant: number, zone: string): LocalTime {
  const clock = clocks.get(zone) ?? localClock(zone)
  clocks.set(zone, clock)
  return clock(instant)
}

/** The offset is looked up once between two jumps of the clock. */
function localClock(zone: string): (instant: number) => LocalTime {
  let known = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY, offset: '', shift: 0 }
  return (instant) => {
    if (instant < known.from || instant >= known.to) {
      const zoned = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone)
      const to = zoned.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY
      known = { from: instant, to, offset: zoned.offset, shift: zoned.offsetNanoseconds / 1e6 }
    }
    const text = new Date(instant + known.shift).toISOString()
    return { date: text.slice(0, 10), time: text.slice(11, 16), zone, offset: known.offset }
  }
}

/**
 * Every instant at which the clock of the place shows this: none in the hour that a spring night leaves out, two in the one
 * that an autumn night repeats.
 */
export function instantsOf(date: string, time: string, zone: string): number[] {
  const local = Temporal.PlainDate.from(date).toPlainDateTime(Temporal.PlainTime.from(time))
  const [earlier, later] = (['earlier', 'later'] as const).map((disambiguation) =>
    local.toZonedDateTime(zone, { disambiguation }),
  ) as [Temporal.ZonedDateTime, Temporal.ZonedDateTime]
  if (!earlier.toPlainDateTime().equals(local)) return []
  return [...new Set([earlier.epochMilliseconds, later.epochMilliseconds])]
}

/**
 * When the clock first shows this or, where it leaves it out, the moment it jumps over it. `24:00` is the end of the day.
 */
export function firstInstantOf(date: string, time: string, zone: string): number {
  if (time === '24:00') return firstInstantOf(dayAfter(date), '00:00', zone)
  const [first] = instantsOf(date, time, zone)
  if (first !== undefined) return first
  const local = Temporal.PlainDate.from(date).toPlainDateTime(Temporal.PlainTime.from(time))
  const jump = local.toZonedDateTime(zone, { disambiguation: 'earlier' }).getTimeZoneTransition('next')
  if (jump === null) throw new Error(`${zone} leaves out ${date} ${time} without a transition`)
  return jump.epochMilliseconds
}

export function dayAfter(date: string, days = 1): string {
  return Temporal.PlainDate.from(date).add({ days }).toString()
}

/** 1 is Monday, 7 Sunday. */
export function weekdayOf(date: string): number {
  return Temporal.PlainDate.from(date).dayOfWeek
}

/** Spans in order, those that touch or overlap as one; empty ones left out. */
export function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = []
  for (const { from, to } of spans.filter((span) => span.from < span.to).toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else result.push({ from, to })
  }
  return result
}

/** What of the first is in none of the second. */
export function without(spans: readonly Span[], taken: readonly Span[]): Span[] {
  let left = joined(spans)
  for (const hole of joined(taken)) {
    left = left.flatMap(({ from, to }) => [
      { from, to: Math.min(to, hole.from) },
      { from: Math.max(from, hole.to), to },
    ])
    left = left.filter((span) => span.from < span.to)
  }
  return left
}

/** What is in both. */
export function common(a: readonly Span[], b: readonly Span[]): Span[] {
  return without(a, without(a, b))
}

export function overlap(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to
}
