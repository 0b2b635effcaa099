import { AppError } from '@ikoma/kernel'
import { isNotNull, sql } from 'drizzle-orm'
import * as z from 'zod'
import { type BookingStatus, bookingTable } from '../domain/booking.ts'
import { dayAfter } from '../domain/zoned-time.ts'
import {
  bookingsByStatus,
  occupancyOf,
  popularServices,
  revenueByDay,
  spanOf,
  walkInsByStatus,
} from '../store/dashboard.ts'
import { bookings, payments, site } from '../store/schema.ts'
import { amount } from './money.ts'
import { day, type Parts, typed } from './parts.ts'

const tags = ['analytics']
const many = z.number().int()
const byStatus = z.record(z.enum(Object.keys(bookingTable) as [BookingStatus]), many)
const dashboard = z
  .object({
    start_date: z.string(),
    end_date: z.string(),
    zone: z.string(),
    currency: z.string(),
    revenue: z.object({
      taken: amount,
      given_back: amount,
      net: amount,
      by_day: z.array(z.object({ date: z.string(), taken: amount, given_back: amount, net: amount })),
    }),
    bookings: z.object({
      total: many,
      by_status: byStatus,
      no_show_rate: z.number().nullable().describe('Of those that were washed or missed; null where there are none.'),
    }),
    walkins: z.record(z.string(), many),
    occupancy: z.array(
      z.object({
        wash_bay_id: z.uuid(),
        bay_number: z.string(),
        open_minutes: many,
        taken_minutes: many,
        percent: z.number(),
      }),
    ),
    popular_services: z.array(z.object({ service_id: z.uuid(), name: z.string(), count: many, revenue: amount })),
  })
  .meta({ id: 'Dashboard' })

export function analyticsRoutes(parts: Parts): void {
  dashboardRoute(parts)
  statsRoute(parts)
}

const mostDays = 366

function dashboardRoute({ app: server, database }: Parts): void {
  typed(server).get(
    '/api/v1/analytics/dashboard',
    {
      config: { access: 'managers', errors: [422] },
      schema: {
        tags,
        summary: 'How the place does, over days of its own clock, the last one included',
        querystring: z.object({ start_date: day, end_date: day }),
        response: { 200: dashboard },
      },
    },
    async ({ query: { start_date: from, end_date: to } }) => {
      if (to < from || dayAfter(from, mostDays) <= to)
        throw new AppError('unprocessable', `end_date: from start_date on, at most ${mostDays} days.`, {
          reason: 'date_range_invalid',
        })
      // One picture: what is written meanwhile is in all of its parts or in none.
      return database.transaction((tx) => readDashboard(tx, { from, to }), { isolation: 'repeatable read' })
    },
  )
}

type Tx = Parameters<typeof revenueByDay>[0]

async function readDashboard(tx: Tx, days: { from: string; to: string }): Promise<z.infer<typeof dashboard>> {
  const [place] = await tx.select().from(site)
  const { zone = 'Etc/UTC', currency = 'EUR' } = place ?? {}
  const span = spanOf(days, zone)
  const revenue = await revenueByDay(tx, days, zone)
  const sum = (part: 'taken' | 'given_back' | 'net') => revenue.reduce((all, day) => all + day[part], 0)
  const statuses = await bookingsByStatus(tx, span)
  const { completed, no_show: missed } = statuses
  return {
    ...{ start_date: days.from, end_date: days.to, zone, currency },
    revenue: { taken: sum('taken'), given_back: sum('given_back'), net: sum('net'), by_day: revenue },
    bookings: {
      total: Object.values(statuses).reduce((all, n) => all + n, 0),
      by_status: statuses,
      no_show_rate: completed + missed === 0 ? null : Math.round((missed / (completed + missed)) * 1000) / 1000,
    },
    walkins: await walkInsByStatus(tx, span),
    occupancy: await occupancyOf(tx, span),
    popular_services: await popularServices(tx, span),
  }
}

function statsRoute({ app: server, database: { db } }: Parts): void {
  typed(server).get(
    '/api/v1/bookings/admin/stats',
    {
      config: { access: 'admins' },
      schema: {
        tags,
        summary: 'All bookings, by their states',
        response: {
          200: z.object({
            total_bookings: many,
            by_status: byStatus,
            net_revenue: amount.describe('What was paid for bookings less what was given back.'),
            rating: z.object({ average: z.number().nullable(), count: many }),
          }),
        },
      },
    },
    async () => {
      const statuses = await bookingsByStatus(db, null)
      const [money] = await db
        .select({ net: sql<number>`coalesce(sum(${payments.amount}), 0)::float8` })
        .from(payments)
        .where(isNotNull(payments.bookingId))
      const [rating] = await db
        .select({
          average: sql<number | null>`round(avg(${bookings.rating}), 2)::float8`,
          count: sql<number>`count(${bookings.rating})::integer`,
        })
        .from(bookings)
      return {
        total_bookings: Object.values(statuses).reduce((all, n) => all + n, 0),
        by_status: statuses,
        net_revenue: money?.net ?? 0,
        rating: rating ?? { average: null, count: 0 },
      }
    },
  )
}
