import { AppError } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import * as z from 'zod'
import { limits } from '../domain/booking.ts'
import { offerAt, offers, type Plan, type Wish } from '../domain/plan.ts'
import { vehicleSizes } from '../domain/vehicle.ts'
import { localOf } from '../domain/zoned-time.ts'
import { readSite, type Site } from '../store/calendar.ts'
import { offeredServices } from '../store/catalogue.ts'
import { readPlan, readResources } from '../store/plans.ts'
import { resources } from '../store/schema.ts'
import { location } from './bookings/answer.ts'
import { vehicleSize } from './facilities.ts'
import { day, instant, type Parts, typed } from './parts.ts'

const tags = ['scheduling']
const slot = z
  .object({
    starts_at: z.string(),
    date: z.string(),
    time: z.string(),
    utc_offset: z.string(),
    wash_bay_ids: z.array(z.uuid()),
    mobile_team_ids: z.array(z.uuid()),
  })
  .meta({ id: 'Slot' })

const wished = {
  vehicle_size: vehicleSize.default('standard'),
  booking_type: z.enum(['stationary', 'mobile']).default('stationary'),
  wash_bay_id: z.uuid().optional(),
  mobile_team_id: z.uuid().optional(),
  staff_id: z.uuid().optional().describe('Who shall wash.'),
}
const minutes = z.int().min(15).max(limits.maxDurationMin)
/** An empty text is no number, and least of all a place at 0,0. */
const inQuery = <T extends z.ZodType>(type: T) => z.preprocess((text) => Number(text === '' ? Number.NaN : text), type)
const span = { date: day, days: z.int().min(1).max(14) }
const queried = z.object({
  ...wished,
  date: span.date,
  days: inQuery(span.days).default(1),
  duration_minutes: inQuery(minutes).default(60),
  latitude: inQuery(location.shape.latitude).optional(),
  longitude: inQuery(location.shape.longitude).optional(),
})
const posted = z.strictObject({
  ...wished,
  date: span.date,
  days: span.days.default(1),
  duration_minutes: minutes.default(60),
  customer_location: location.optional(),
})
const checked = z.strictObject({
  ...wished,
  scheduled_at: instant,
  duration_minutes: minutes.optional().describe('60 without services.'),
  service_ids: z.array(z.uuid()).min(1).max(10).optional(),
  customer_location: location.optional(),
})
const slots = z.object({ zone: z.string(), slots: z.array(slot) })

export function schedulingRoutes(parts: Parts): void {
  slotRoutes(parts)
  checkRoute(parts)
  resourcesRoute(parts)
}

function slotRoutes(parts: Parts): void {
  const app = typed(parts.app)
  const summary = 'When a wash may begin, on the days of the place from `date` on'
  const path = '/api/v1/scheduling/available-slots'

  app.get(
    path,
    {
      config: { access: 'anyone', errors: [422] },
      schema: { tags, summary, querystring: queried, response: { 200: slots } },
    },
    async ({ query }) => {
      const { latitude, longitude, ...asked } = query
      const where = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
      return freeSlots(parts, { ...asked, customer_location: where })
    },
  )

  app.post(
    path,
    { config: { access: 'anyone' }, schema: { tags, summary, body: posted, response: { 200: slots } } },
    async ({ body }) => freeSlots(parts, body),
  )
}

async function freeSlots(
  { database, kept, clock }: Parts,
  asked: z.infer<typeof posted>,
): Promise<z.infer<typeof slots>> {
  const now = clock.now()
  const wish = wishOf(asked, asked.duration_minutes)
  refuseFar(Date.parse(`${asked.date}T00:00:00Z`), now)
  const { plan, site } = await readPlan(database, kept, { ...scopeOf(wish), date: asked.date, days: asked.days }, now)
  return { zone: site.zone, slots: slotsOf(plan, wish, { site, now }) }
}

function checkRoute({ app: server, database, kept, clock }: Parts): void {
  typed(server).post(
    '/api/v1/scheduling/check-availability',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'Whether a wash may begin at one time; why not, and the next times at which it may',
        body: checked,
        response: {
          200: z.object({
            available: z.boolean(),
            reason: z.string().nullable(),
            wash_bay_ids: z.array(z.uuid()),
            mobile_team_ids: z.array(z.uuid()),
            next: z.array(slot).describe('At most five, within two weeks.'),
          }),
        },
      },
    },
    async ({ body }) => {
      const now = clock.now()
      const start = Date.parse(body.scheduled_at)
      refuseFar(start, now)
      const services = body.service_ids ? await offeredServices(database.db, body.service_ids) : []
      const total = services.reduce((sum, { durationMin }) => sum + durationMin, 0)
      const wish = wishOf(body, body.duration_minutes ?? (services.length > 0 ? total : 60))
      const { zone } = await readSite(database.db)
      const scope = { ...scopeOf(wish), date: localOf(start, zone).date, days: 14 }
      const { plan, site } = await readPlan(database, kept, scope, now)
      const { ids, reason } = offerAt(plan, wish, { rules: site, now, start })
      const later = ids.length > 0 ? [] : slotsOf(plan, wish, { site, now, after: start, limit: 5 })
      return { available: ids.length > 0, reason, ...placesOf(wish, ids), next: later }
    },
  )
}

function resourcesRoute({ app: server, database }: Parts): void {
  typed(server).get(
    '/api/v1/scheduling/resources',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'The bays, teams and people that take bookings',
        querystring: z.object({ kind: z.enum(['bay', 'team', 'staff']).optional() }),
        response: {
          200: z.object({
            resources: z.array(
              z.object({
                id: z.uuid(),
                kind: z.string(),
                name: z.string(),
                max_vehicle_size: z.enum(vehicleSizes).nullable(),
                mobile_team_id: z.uuid().nullable(),
              }),
            ),
          }),
        },
      },
    },
    async ({ query }) => {
      const kinds = query.kind ? [query.kind] : (['bay', 'team', 'staff'] as const)
      const found = await database.transaction((tx) => readResources(tx, eq(resources.status, 'active')))
      return {
        resources: found
          .filter(({ kind }) => kinds.some((each) => each === kind))
          .map(({ id, kind, name, largest, teamId }) => ({
            ...{ id, kind, name },
            max_vehicle_size: largest,
            mobile_team_id: teamId,
          })),
      }
    },
  )
}

function wishOf(asked: Omit<z.infer<typeof posted>, 'date' | 'days' | 'duration_minutes'>, durationMin: number): Wish {
  const isMobile = asked.booking_type === 'mobile'
  const where = asked.customer_location
  if (isMobile !== (where !== undefined))
    throw new AppError('unprocessable', 'customer_location: of mobile bookings, which need it.', {
      reason: 'customer_location_invalid',
      fields: [{ field: 'customer_location', message: 'of mobile bookings, which need it' }],
    })
  return {
    durationMin,
    size: asked.vehicle_size,
    location: where ?? null,
    placeId: asked.wash_bay_id ?? asked.mobile_team_id ?? null,
    staffId: asked.staff_id ?? null,
  }
}

const scopeOf = ({ location: where, staffId }: Wish) => ({
  kind: where ? ('team' as const) : ('bay' as const),
  staffId,
})

function refuseFar(asked: number, now: number): void {
  if (Math.abs(asked - now) > 400 * 86_400_000)
    throw new AppError('unprocessable', 'date: within a year or so.', { reason: 'date_too_far' })
}

interface When {
  site: Site
  now: number
  after?: number
  limit?: number
}

function slotsOf(plan: Plan, wish: Wish, { site, now, after = 0, limit = Infinity }: When): z.infer<typeof slot>[] {
  const free = offers(plan, wish, { rules: site, now }).filter(({ start }) => start > after)
  return free.slice(0, limit).map(({ start, ids }) => {
    const { date, time, offset } = localOf(start, site.zone)
    return { starts_at: new Date(start).toISOString(), date, time, utc_offset: offset, ...placesOf(wish, ids) }
  })
}

function placesOf({ location: where }: Wish, ids: string[]) {
  return where ? { wash_bay_ids: [], mobile_team_ids: ids } : { wash_bay_ids: ids, mobile_team_ids: [] }
}
