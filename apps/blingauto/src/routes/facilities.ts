import type { Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { asc, eq, ne } from 'drizzle-orm'
import * as z from 'zod'
import { sizeOf, vehicleSizes } from '../domain/vehicle.ts'
import { changeResource, noSuch } from '../store/resource-changes.ts'
import { resources, washBays } from '../store/schema.ts'
import { type Parts, typed } from './parts.ts'
import { retiringRoutes } from './resources.ts'

const tags = ['facilities']

/** In any case, as `LARGE`. */
export const vehicleSize = z
  .string()
  .max(20)
  .meta({ examples: [...vehicleSizes] })
  .transform((text, context) => {
    const size = sizeOf(text)
    if (size === null) context.addIssue({ code: 'custom', message: `must be one of ${vehicleSizes.join(', ')}` })
    return size ?? 'standard'
  })

const status = z.enum(['active', 'inactive', 'maintenance'])
const place = {
  latitude: z.number().min(-90).max(90).nullish().describe('Degrees; absent where nobody knows it.'),
  longitude: z.number().min(-180).max(180).nullish(),
}
const bayFields = {
  bay_number: z.string().trim().min(1).max(20),
  max_vehicle_size: vehicleSize,
  equipment: z.array(z.string().min(1).max(100)).max(50).optional(),
  ...place,
}
const bay = z
  .object({
    id: z.uuid(),
    bay_number: z.string(),
    max_vehicle_size: z.enum(vehicleSizes),
    equipment: z.array(z.string()),
    status,
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
  })
  .meta({ id: 'WashBay' })

export function facilityRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const { db } = database
  const params = z.object({ id: z.uuid() })

  app.post(
    '/api/v1/facilities/wash-bays',
    {
      config: { access: 'managers', idempotent: true },
      schema: { tags, summary: 'Add a wash bay', body: z.strictObject(bayFields), response: { 201: bay } },
    },
    async ({ body }, reply) => {
      const id = newId()
      const { equipment = [], latitude = null, longitude = null } = body
      await database.transaction(async (tx) => {
        await tx.insert(resources).values({ id, kind: 'bay' })
        const added = await tx
          .insert(washBays)
          .values({
            id,
            bayNumber: body.bay_number,
            maxVehicleSize: body.max_vehicle_size,
            equipment,
            latitude,
            longitude,
          })
          .onConflictDoNothing({ target: washBays.bayNumber })
          .returning({ id: washBays.id })
        if (added.length === 0) throw bayTaken(body.bay_number)
      })
      return reply.code(201).send(await getBay(db, id))
    },
  )

  app.get(
    '/api/v1/facilities/wash-bays',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'The wash bays',
        querystring: z.object({ include_inactive: z.stringbool().default(false) }),
        response: { 200: z.object({ wash_bays: z.array(bay), total_count: z.number().int() }) },
      },
    },
    async ({ query }) => {
      const wanted = query.include_inactive ? undefined : ne(resources.status, 'inactive')
      const rows = await selectBays(db).where(wanted).orderBy(asc(washBays.bayNumber)).limit(1_000)
      return { wash_bays: rows.map(shownBay), total_count: rows.length }
    },
  )

  app.patch(
    '/api/v1/facilities/wash-bays/:id',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change a wash bay; what is not named stays',
        params,
        body: z.strictObject({ ...bayFields, status }).partial(),
        response: { 200: bay },
      },
    },
    async ({ params: { id }, body: { status: to, ...change } }) => {
      const how = { kind: 'bay', status: to, now: clock.now() } as const
      await changeResource(database, id, how, (tx) => changeBay(tx, id, change))
      return getBay(db, id)
    },
  )
  retiringRoutes(app, '/api/v1/facilities/wash-bays', 'bay', { database, clock })
}

interface BayChange {
  bay_number?: string | undefined
  max_vehicle_size?: (typeof vehicleSizes)[number] | undefined
  equipment?: string[] | undefined
  latitude?: number | null | undefined
  longitude?: number | null | undefined
}

async function changeBay(tx: Transaction, id: string, change: BayChange): Promise<void> {
  const { bay_number: bayNumber, max_vehicle_size: maxVehicleSize, equipment, latitude, longitude } = change
  const values = { bayNumber, maxVehicleSize, equipment, latitude, longitude }
  const named = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
  if (Object.keys(named).length > 0) await tx.update(washBays).set(named).where(eq(washBays.id, id))
}

type Reader = Pick<Transaction, 'select'>

const selectBays = (reader: Reader) =>
  reader
    .select({ bay: washBays, status: resources.status })
    .from(washBays)
    .innerJoin(resources, eq(resources.id, washBays.id))

async function findBay(reader: Reader, id: string) {
  const [row] = await selectBays(reader).where(eq(washBays.id, id))
  if (!row) throw noSuch('bay')
  return row
}

async function getBay(reader: Reader, id: string) {
  return shownBay(await findBay(reader, id))
}

function shownBay({ bay: row, status: now }: { bay: typeof washBays.$inferSelect; status: z.infer<typeof status> }) {
  const { id, bayNumber, maxVehicleSize, equipment, latitude, longitude } = row
  return { id, bay_number: bayNumber, max_vehicle_size: maxVehicleSize, equipment, status: now, latitude, longitude }
}

function bayTaken(bayNumber: string): AppError {
  const fields = [{ field: 'body/bay_number', message: `${bayNumber} is there already` }]
  return new AppError('conflict', 'A wash bay has this number already.', { reason: 'bay_number_taken', fields })
}
