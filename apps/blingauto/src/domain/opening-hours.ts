import { dayAfter, firstInstantOf, joined, localOf, type Span, weekdayOf, without } from './zoned-time.ts'

/** Hours of the wall clock, `09:00` to `18:30`; to the end of the day is `24:00`. Several a day leave pauses between them. */
export interface Hours {
  from: string
  to: string
}

export interface Calendar {
  zone: string
  /** By weekday, 1 is Monday; a day that is not there is closed. */
  weekly: Readonly<Record<number, readonly Hours[]>>
  /** Days that are not like their weekday; none in the list is closed. */
  days: Readonly<Record<string, readonly Hours[]>>
  closures: readonly Span[]
}

/** When the place is open on that day, as instants. An hour that the clock leaves out is none; one that it repeats counts twice. */
function openOn({ zone, weekly, days }: Calendar, date: string): Span[] {
  const hours = days[date] ?? weekly[weekdayOf(date)] ?? []
  return hours.map(({ from, to }) => ({
    from: firstInstantOf(date, from, zone),
    to: firstInstantOf(date, to, zone),
  }))
}

/** When the place is open, over the days that `within` touches; hours up to midnight go on in those from midnight. */
export function openSpans(calendar: Calendar, within: Span): Span[] {
  const last = localOf(within.to, calendar.zone).date
  const days: Span[] = []
  for (let date = localOf(within.from, calendar.zone).date; date <= last; date = dayAfter(date)) {
    days.push(...openOn(calendar, date))
  }
  return without(joined(days), calendar.closures)
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
