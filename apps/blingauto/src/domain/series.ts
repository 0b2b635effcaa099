import { dayAfter, instantsOf } from './zoned-time.ts'

/** The same hour of the clock every so many weeks. */
export interface Series {
  date: string
  time: string
  zone: string
  everyWeeks: number
  count: number
}

export interface Occurrence {
  date: string
  /** Null where the clock leaves that hour out on that day; the first of the two where it repeats it. */
  startsAt: number | null
}

export function occurrencesOf({ date, time, zone, everyWeeks, count }: Series): Occurrence[] {
  return Array.from({ length: count }, (_, n) => {
    const day = dayAfter(date, 7 * everyWeeks * n)
    return { date: day, startsAt: instantsOf(day, time, zone)[0] ?? null }
  })
}
