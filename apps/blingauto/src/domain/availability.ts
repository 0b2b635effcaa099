import { type Calendar, openSpans } from './opening-hours.ts'
import { overlap, type Span } from './zoned-time.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** What a site asks of every booking, beside its hours. */
export interface BookingRules {
  /** Starts are this far apart, counted from when the place opens. */
  stepMin: number
  /** What a resource needs to itself before and after each booking. */
  bufferBeforeMin: number
  bufferAfterMin: number
  /** How soon and how far ahead it may be booked. */
  noticeMin: number
  horizonDays: number
}

export const defaultRules: BookingRules = {
  stepMin: 30,
  bufferBeforeMin: 0,
  bufferAfterMin: 0,
  noticeMin: 120,
  horizonDays: 90,
}

/** What a booking keeps others out of: its time and the buffers around it. */
export function blockedBy({ from, to }: Span, rules: BookingRules): Span {
  return { from: from - rules.bufferBeforeMin * minute, to: to + rules.bufferAfterMin * minute }
}

/** When a booking may start, from now on. */
export function bookable(rules: Pick<BookingRules, 'noticeMin' | 'horizonDays'>, now: number): Span {
  return { from: now + rules.noticeMin * minute, to: now + rules.horizonDays * day }
}

export interface Wanted {
  calendar: Calendar
  rules: BookingRules
  durationMin: number
  /** What is taken of the resource, each with its buffers. */
  blocked: readonly Span[]
  now: number
  /** Staff changes what stands already: neither notice nor horizon are asked for. */
  edit?: boolean
}

/** Each start within `window`, in order, at which the resource is free and the place open for as long as it takes. */
export function freeStarts(wanted: Wanted, window: Span): number[] {
  // Hours that go over midnight began the day before, and count from there.
  return startsWithin(openSpans(wanted.calendar, { from: window.from - day, to: window.to }), wanted, window)
}

/** The same of hours that somebody has found already. */
export function startsWithin(hours: readonly Span[], wanted: Omit<Wanted, 'calendar'>, window: Span): number[] {
  const { rules, durationMin } = wanted
  const starts: number[] = []
  for (const open of hours) {
    for (let start = open.from; start + durationMin * minute <= open.to; start += rules.stepMin * minute) {
      if (start >= window.from && start < window.to && refusalWhenOpen(wanted, start) === null) starts.push(start)
    }
  }
  return starts
}

export type Refusal = 'too_soon' | 'too_far' | 'closed' | 'taken'

/** Why a booking may not start then, whoever asks for it and however: null when it may. */
export function refusal(wanted: Wanted, start: number): Refusal | null {
  const open = isOpen(wanted.calendar, { from: start, to: start + wanted.durationMin * minute })
  return refusalWhenOpen(wanted, start) ?? (open ? null : 'closed')
}

function refusalWhenOpen(
  { rules, durationMin, blocked, now, edit }: Omit<Wanted, 'calendar'>,
  start: number,
): Exclude<Refusal, 'closed'> | null {
  const { from, to } = bookable(rules, now)
  if (!edit && start < from) return 'too_soon'
  if (!edit && start > to) return 'too_far'
  const mine = blockedBy({ from: start, to: start + durationMin * minute }, rules)
  return blocked.some((other) => overlap(mine, other)) ? 'taken' : null
}

export function isOpen(calendar: Calendar, span: Span): boolean {
  return openAround(calendar, span).some(({ from, to }) => from <= span.from && span.to <= to)
}

const known = new WeakMap<Calendar, Map<string, Span[]>>()

/** When it is open on the days of the span and, for hours that go over midnight, a day around them; worked out once. */
function openAround(calendar: Calendar, span: Span): Span[] {
  const [first, last] = [Math.floor(span.from / day), Math.floor(span.to / day)]
  const ofCalendar = known.get(calendar) ?? new Map<string, Span[]>()
  known.set(calendar, ofCalendar)
  const key = `${first} ${last}`
  const open = ofCalendar.get(key) ?? openSpans(calendar, { from: (first - 1) * day, to: (last + 2) * day })
  ofCalendar.set(key, open)
  return open
}
