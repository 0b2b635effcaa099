import * as z from 'zod'
import type { Hours, Week } from '../domain/opening-hours.ts'
import { bookingAnswer } from './bookings/answer.ts'

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of the clock, as 09:00')
const end = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of the clock, as 18:30, or 24:00')

/** Of one day, in order; several leave pauses between them, none is closed. */
export const hours = z.array(z.strictObject({ from: clock, to: end })).max(12)

const weekday = z.strictObject({ weekday: z.int().min(1).max(7).describe('1 is Monday.'), hours })

/** A day that is not there is closed. */
export const week = z
  .array(weekday)
  .max(7)
  .refine((days) => new Set(days.map((day) => day.weekday)).size === days.length, 'each weekday once')

export const weekAnswer = z.array(
  z.object({ weekday: z.number().int(), hours: z.array(z.object({ from: z.string(), to: z.string() })) }),
)
export const outside = z.array(bookingAnswer).describe('Bookings outside of the hours now; they stay as they are.')

export function weekOf(days: z.infer<typeof week>): Week {
  return Object.fromEntries(days.map((day) => [day.weekday, day.hours]))
}

export function shownWeek(of: Week): { weekday: number; hours: Hours[] }[] {
  return [1, 2, 3, 4, 5, 6, 7].map((day) => ({ weekday: day, hours: [...(of[day] ?? [])] }))
}
