import { common, dayAfter, firstInstantOf, joined, localOf, type Span, weekdayOf, without } from './zoned-time.ts'

/** Hours of the wall clock, `09:00` to `18:30`; to the end of the day is `24:00`. Several a day leave pauses between them. */
export interface Hours {
  from: string
  to: string
}

/** By weekday, 1 is Monday; a day that is not there is closed. */
export type Week = Readonly<Record<number, readonly Hours[]>>

export interface Calendar {
  zone: string
  weekly: Week
  /** Hours of one bay, team or member of the staff, which count within those of the place; without them it has the place's. */
  own?: Week | null
  /** Days that are not like their weekday; none in the list is closed. */
  days: Readonly<Record<string, readonly Hours[]>>
  closures: readonly Span[]
}

/** Hours of that day as instants. An hour that the clock leaves out is none; one that it repeats counts twice. */
function spansOn(hours: readonly Hours[], date: string, zone: string): Span[] {
  return hours.map(({ from, to }) => ({
    from: firstInstantOf(date, from, zone),
    to: firstInstantOf(date, to, zone),
  }))
}

/** When the place is open, over the days that `within` touches; hours up to midnight go on in those from midnight. */
export function openSpans(calendar: Calendar, within: Span): Span[] {
  const { zone, weekly, own, days, closures } = calendar
  const last = localOf(within.to, zone).date
  const place: Span[] = []
  const mine: Span[] = []
  for (let date = localOf(within.from, zone).date; date <= last; date = dayAfter(date)) {
    const weekday = weekdayOf(date)
    place.push(...spansOn(days[date] ?? weekly[weekday] ?? [], date, zone))
    if (own) mine.push(...spansOn(own[weekday] ?? [], date, zone))
  }
  return without(own ? common(place, mine) : joined(place), closures)
}

/** What is wrong with the hours of a day; null when they are in order and apart. */
export function hoursFault(hours: readonly Hours[]): string | null {
  let before = ''
  for (const { from, to } of hours) {
    if (from >= to) return `${from} is not before ${to}`
    if (from < before) return `${from} is before the hours that end at ${before}`
    before = to
  }
  return null
}
