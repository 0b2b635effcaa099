import { AppError, newId } from '@ikoma/kernel'
import { asc, count, eq, ne } from 'drizzle-orm'
import * as z from 'zod'
import type { Reader } from '../store/calendar.ts'
import { changeResource, noSuch } from '../store/resource-changes.ts'
import { mobileTeams, resources } from '../store/schema.ts'
import { location } from './bookings/answer.ts'
import { type Parts, typed } from './parts.ts'
import { retiringRoutes } from './resources.ts'

const tags = ['facilities']
const path = '/api/v1/facilities/mobile-teams'
const status = z.enum(['active', 'inactive', 'maintenance'])
const fields = {
  name: z.string().trim().min(1).max(100),
  base_latitude: location.shape.latitude.nullish().describe('Where it starts; a team without it goes nowhere.'),
  base_longitude: location.shape.longitude.nullish(),
  radius_m: z.int().min(1).max(500_000).optional().describe('How far it goes, in metres; 50 km at first.'),
  service_radius_km: z.number().positive().max(500).optional().describe('The same in kilometres, instead.'),
  daily_capacity: z.int().min(0).max(100).optional().describe('Bookings a day at most; 8 at first.'),
}
const team = z
  .object({
    id: z.uuid(),
    name: z.string(),
    base_latitude: z.number().nullable(),
    base_longitude: z.number().nullable(),
    radius_m: z.number().int(),
    service_radius_km: z.number(),
    daily_capacity: z.number().int(),
    status,
  })
  .meta({ id: 'MobileTeam' })

export function teamRoutes(parts: Parts): void {
  makingRoute(parts)
  readingRoutes(parts)
  changeRoute(parts)
  retiringRoutes(typed(parts.app), path, 'team', parts)
}

function makingRoute({ app: server, database }: Parts): void {
  typed(server).post(
    path,
    {
      config: { access: 'managers', idempotent: true },
      schema: { tags, summary: 'Add a mobile team', body: z.strictObject(fields), response: { 201: team } },
    },
    async ({ body }, reply) => {
      const id = newId()
      const { radiusM = 50_000, dailyCapacity = 8, baseLatitude = null, baseLongitude = null } = valuesOf(body)
      refuseHalf({ baseLatitude, baseLongitude })
      const row = { id, name: body.name, radiusM, dailyCapacity, baseLatitude, baseLongitude }
      await database.transaction(async (tx) => {
        await tx.insert(resources).values({ id, kind: 'team' })
        const target = mobileTeams.name
        const added = await tx.insert(mobileTeams).values(row).onConflictDoNothing({ target }).returning()
        if (added.length === 0) throw nameTaken(body.name)
      })
      return reply.code(201).send(await getTeam(database.db, id))
    },
  )
}

function readingRoutes({ app: server, database: { db } }: Parts): void {
  const app = typed(server)

  app.get(
    path,
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'The mobile teams',
        querystring: z.object({ status: status.optional(), include_inactive: z.stringbool().default(false) }),
        response: { 200: z.object({ mobile_teams: z.array(team), total_count: z.number().int() }) },
      },
    },
    async ({ query }) => {
      const active = query.include_inactive ? undefined : ne(resources.status, 'inactive')
      const wanted = query.status === undefined ? active : eq(resources.status, query.status)
      const rows = await selectTeams(db).where(wanted).orderBy(asc(mobileTeams.name)).limit(1_000)
      const [total] = await db
        .select({ n: count() })
        .from(mobileTeams)
        .innerJoin(resources, eq(resources.id, mobileTeams.id))
        .where(wanted)
      return { mobile_teams: rows.map(shown), total_count: total?.n ?? 0 }
    },
  )

  app.get(
    `${path}/:id`,
    {
      config: { access: 'staff' },
      schema: { tags, summary: 'A mobile team', params: z.object({ id: z.uuid() }), response: { 200: team } },
    },
    async ({ params }) => getTeam(db, params.id),
  )
}

function changeRoute({ app: server, database, clock }: Parts): void {
  typed(server).patch(
    `${path}/:id`,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change a mobile team; what is not named stays',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ ...fields, status }).partial(),
        response: { 200: team },
      },
    },
    async ({ params: { id }, body: { status: to, ...body } }) => {
      const values = Object.entries(valuesOf(body)).filter(([, value]) => value !== undefined)
      await changeResource(database, id, { kind: 'team', status: to, now: clock.now() }, async (tx) => {
        if (values.length === 0) return
        const mine = eq(mobileTeams.id, id)
        const [changed] = await tx.update(mobileTeams).set(Object.fromEntries(values)).where(mine).returning()
        if (changed) refuseHalf(changed)
      })
      return getTeam(database.db, id)
    },
  )
}

interface Body {
  name?: string | undefined
  base_latitude?: number | null | undefined
  base_longitude?: number | null | undefined
  radius_m?: number | undefined
  service_radius_km?: number | undefined
  daily_capacity?: number | undefined
}

function valuesOf({ radius_m: metres, service_radius_km: km, ...body }: Body) {
  if (metres !== undefined && km !== undefined)
    throw new AppError('unprocessable', 'radius_m: in metres or in kilometres, not in both.', {
      reason: 'radius_twice',
      fields: [{ field: 'body/radius_m', message: 'or service_radius_km, not both' }],
    })
  return {
    name: body.name,
    baseLatitude: body.base_latitude,
    baseLongitude: body.base_longitude,
    radiusM: metres ?? (km === undefined ? undefined : Math.round(km * 1_000)),
    dailyCapacity: body.daily_capacity,
  }
}

function refuseHalf({ baseLatitude, baseLongitude }: { baseLatitude: number | null; baseLongitude: number | null }) {
  if ((baseLatitude === null) === (baseLongitude === null)) return
  const fields = [{ field: 'body/base_latitude', message: 'with base_longitude, or neither' }]
  throw new AppError('unprocessable', 'base_latitude: both coordinates, or neither.', { reason: 'base_half', fields })
}

function nameTaken(name: string): AppError {
  const fields = [{ field: 'body/name', message: `${name} is there already` }]
  return new AppError('conflict', 'A mobile team has this name already.', { reason: 'team_name_taken', fields })
}

const selectTeams = (reader: Reader) =>
  reader
    .select({ team: mobileTeams, status: resources.status })
    .from(mobileTeams)
    .innerJoin(resources, eq(resources.id, mobileTeams.id))

async function getTeam(reader: Reader, id: string): Promise<z.infer<typeof team>> {
  const [row] = await selectTeams(reader).where(eq(mobileTeams.id, id))
  if (!row) throw noSuch('team')
  return shown(row)
}

interface Row {
  team: typeof mobileTeams.$inferSelect
  status: z.infer<typeof status>
}

function shown({ team: row, status: now }: Row): z.infer<typeof team> {
  return {
    ...{ id: row.id, name: row.name, base_latitude: row.baseLatitude, base_longitude: row.baseLongitude },
    ...{ radius_m: row.radiusM, service_radius_km: row.radiusM / 1_000, daily_capacity: row.dailyCapacity },
    status: now,
  }
}
