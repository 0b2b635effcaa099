import { AppError } from '@ikoma/kernel'
import { and, eq, inArray, sql } from 'drizzle-orm'
import * as z from 'zod'
import { freeStarts } from '../domain/availability.ts'
import { dayAfter, firstInstantOf, localOf } from '../domain/zoned-time.ts'
import { baysFor } from '../store/bookings.ts'
import { readCalendar } from '../store/calendar.ts'
import { timeSlots } from '../store/schema.ts'
import { vehicleSize } from './facilities.ts'
import { type Parts, typed } from './parts.ts'

const slot = z
  .object({
    starts_at: z.string(),
    date: z.string(),
    time: z.string(),
    utc_offset: z.string(),
    wash_bay_ids: z.array(z.uuid()),
  })
  .meta({ id: 'Slot' })

export function schedulingRoutes({ app: server, database, clock }: Parts): void {
  typed(server).get(
    '/api/v1/scheduling/available-slots',
    {
      config: { access: 'anyone', errors: [422] },
      schema: {
        tags: ['scheduling'],
        summary: 'When a wash may begin, on the days of the place from `date` on',
        querystring: z.object({
          date: z.iso.date(),
          days: z.coerce.number().int().min(1).max(14).default(1),
          duration_minutes: z.coerce.number().int().min(15).max(240).default(60),
          vehicle_size: vehicleSize.default('standard'),
        }),
        response: { 200: z.object({ zone: z.string(), slots: z.array(slot) }) },
      },
    },
    async ({ query }) =>
      database.transaction(
        async (tx) => {
          const now = clock.now()
          const asked = Date.parse(`${query.date}T00:00:00Z`)
          if (Math.abs(asked - now) > 400 * 86_400_000)
            throw new AppError('unprocessable', 'date: within a year or so.', { reason: 'date_too_far' })
          const { site, calendar } = await readCalendar(tx, { from: asked, to: asked + query.days * 86_400_000 }, null)
          const window = {
            from: firstInstantOf(query.date, '00:00', site.zone),
            to: firstInstantOf(dayAfter(query.date, query.days), '00:00', site.zone),
          }
          const bays = await baysFor(tx, query.vehicle_size)
          const byStart = new Map<number, string[]>()
          const taken = await blockedWithin(tx, bays, window)
          for (const bay of bays) {
            const blocked = taken.filter(({ resourceId }) => resourceId === bay)
            const wanted = { calendar, rules: site, durationMin: query.duration_minutes, blocked, now }
            for (const start of freeStarts(wanted, window)) byStart.set(start, [...(byStart.get(start) ?? []), bay])
          }
          const starts = [...byStart].toSorted(([a], [b]) => a - b)
          return { zone: site.zone, slots: starts.map(([start, ids]) => shown(start, site.zone, ids)) }
        },
        { isolation: 'repeatable read' },
      ),
  )
}

type Reader = Parameters<Parameters<Parts['database']['transaction']>[0]>[0]

async function blockedWithin(tx: Reader, bays: readonly string[], { from, to }: { from: number; to: number }) {
  if (bays.length === 0) return []
  const edge = (at: 'lower' | 'upper') =>
    sql<number>`(extract(epoch from ${sql.raw(at)}(${timeSlots.blocked})) * 1000)::float8`
  return tx
    .select({ resourceId: timeSlots.resourceId, from: edge('lower'), to: edge('upper') })
    .from(timeSlots)
    .where(
      and(
        inArray(timeSlots.resourceId, [...bays]),
        eq(timeSlots.released, false),
        sql`${timeSlots.blocked} && tstzrange(${new Date(from - 86_400_000).toISOString()}::timestamptz, ${new Date(to + 86_400_000).toISOString()}::timestamptz)`,
      ),
    )
}

function shown(start: number, zone: string, bays: string[]): z.infer<typeof slot> {
  const { date, time, offset } = localOf(start, zone)
  return { starts_at: new Date(start).toISOString(), date, time, utc_offset: offset, wash_bay_ids: bays }
}
