import { AppError } from '@ikoma/kernel'
import { asc, between, eq } from 'drizzle-orm'
import * as z from 'zod'
import { dayAfter } from '../domain/zoned-time.ts'
import { readSite } from '../store/calendar.ts'
import { changeDay, changeWeek, readWeek } from '../store/opening-hours.ts'
import { exceptionalDays } from '../store/schema.ts'
import { shownBooking } from './bookings/answer.ts'
import { hours, outside, shownWeek, week, weekAnswer, weekOf } from './opening-week.ts'
import { day, type Parts, typed } from './parts.ts'

const tags = ['facilities']
const dayAnswer = z
  .object({ date: z.string(), hours: weekAnswer.element.shape.hours, reason: z.string().nullable() })
  .meta({ id: 'ExceptionalDay' })

export function openingHoursRoutes(parts: Parts): void {
  weekRoutes(parts)
  dayReadingRoutes(parts)
  dayRoutes(parts)
}

function weekRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const path = '/api/v1/facilities/business-hours'

  app.get(
    path,
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'The hours of the place, by weekday',
        response: { 200: z.object({ zone: z.string(), days: weekAnswer }) },
      },
    },
    async () => {
      const { zone } = await readSite(database.db)
      return { zone, days: shownWeek(await readWeek(database.db)) }
    },
  )

  app.put(
    path,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change the hours of the place; a weekday that is not named is closed',
        body: z.strictObject({ days: week }),
        response: { 200: z.object({ days: weekAnswer, bookings: outside }) },
      },
    },
    async ({ body }) => {
      const wanted = weekOf(body.days)
      const found = await changeWeek(database, wanted, clock.now())
      return { days: shownWeek(wanted), bookings: found.map(shownBooking) }
    },
  )
}

function dayReadingRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.get(
    '/api/v1/facilities/exceptional-days',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'Days whose hours are not those of their weekday; of a year from today without dates',
        querystring: z.object({ from: day.optional(), to: day.optional() }),
        response: { 200: z.object({ exceptional_days: z.array(dayAnswer) }) },
      },
    },
    async ({ query }) => {
      const from = query.from ?? new Date(clock.now()).toISOString().slice(0, 10)
      const found = await database.db
        .select()
        .from(exceptionalDays)
        .where(between(exceptionalDays.date, from, query.to ?? dayAfter(from, 366)))
        .orderBy(asc(exceptionalDays.date))
        .limit(1_000)
      return { exceptional_days: found }
    },
  )

  app.get(
    '/api/v1/facilities/exceptional-days/:date',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'The hours of a day that is not like its weekday',
        params: z.object({ date: day }),
        response: { 200: dayAnswer },
      },
    },
    async ({ params }) => {
      const [found] = await database.db.select().from(exceptionalDays).where(eq(exceptionalDays.date, params.date))
      if (found) return found
      throw new AppError('not_found', 'This day is like its weekday.', { reason: 'exceptional_day_not_found' })
    },
  )
}

function dayRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const path = '/api/v1/facilities/exceptional-days/:date'
  const params = z.object({ date: day })

  app.put(
    path,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Give a day hours of its own; without any it is closed',
        params,
        body: z.strictObject({ hours, reason: z.string().trim().min(1).max(200).nullable().default(null) }),
        response: { 200: z.object({ ...dayAnswer.shape, bookings: outside }) },
      },
    },
    async ({ params: { date }, body }) => {
      const found = await changeDay(database, date, { day: body, now: clock.now() })
      return { date, ...body, bookings: found.map(shownBooking) }
    },
  )

  app.delete(
    path,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'The day is like its weekday again',
        params,
        response: { 200: z.object({ bookings: outside }) },
      },
    },
    async ({ params: { date } }) => {
      const found = await changeDay(database, date, { day: null, now: clock.now() })
      return { bookings: found.map(shownBooking) }
    },
  )
}
