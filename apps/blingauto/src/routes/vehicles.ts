import { callerOf } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import { and, asc, eq, isNull } from 'drizzle-orm'
import * as z from 'zod'
import { plateOf, vehicleSizes } from '../domain/vehicle.ts'
import { addVehicle, findVehicle, makeDefault, replaceVehicle, type VehicleFields } from '../store/garage.ts'
import { vehicles } from '../store/schema.ts'
import { vehicleSize } from './facilities.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['vehicles']
const text = z.string().trim().min(1).max(50)
const vehicle = z
  .object({
    id: z.uuid(),
    make: z.string(),
    model: z.string(),
    year: z.number().int(),
    color: z.string().nullable(),
    license_plate: z.string(),
    size: z.enum(vehicleSizes),
    is_default: z.boolean(),
  })
  .meta({ id: 'Vehicle' })

const fields = {
  make: text,
  model: text,
  year: z.number().int().min(1900).max(2200),
  color: text.nullish(),
  license_plate: text,
  size: vehicleSize.default('standard'),
  is_default: z.boolean().default(false),
}
const params = z.object({ id: z.uuid() })

export function vehicleRoutes(parts: Parts): void {
  readingRoutes(parts)
  writingRoutes(parts)
  deletionRoute(parts)
}

function readingRoutes({ app: server, database: { db } }: Parts): void {
  const app = typed(server)

  app.get(
    '/api/v1/vehicles',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'My vehicles', response: { 200: z.object({ vehicles: z.array(vehicle) }) } },
    },
    async (request) => {
      const mine = and(eq(vehicles.customerId, callerOf(request).id), isNull(vehicles.deletedAt))
      const rows = await db.select().from(vehicles).where(mine).orderBy(asc(vehicles.id)).limit(100)
      return { vehicles: rows.map(shown) }
    },
  )

  app.get(
    '/api/v1/vehicles/:id',
    { config: { access: 'user' }, schema: { tags, summary: 'A vehicle of mine', params, response: { 200: vehicle } } },
    async (request) => shown(await findVehicle(db, request.params.id, callerOf(request).id)),
  )
}

function writingRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/vehicles',
    {
      config: { access: 'user', idempotent: true },
      schema: { tags, summary: 'Add a vehicle of mine', body: z.strictObject(fields), response: { 201: vehicle } },
    },
    async (request, reply) => {
      const wanted = fieldsOf(request.body, clock.now())
      return reply.code(201).send(shown(await addVehicle(database, callerOf(request).id, wanted)))
    },
  )

  app.put(
    '/api/v1/vehicles/:id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Replace a vehicle of mine; its size stays while it is booked',
        params,
        body: z.strictObject(fields),
        response: { 200: vehicle },
      },
    },
    async (request) => {
      const wanted = fieldsOf(request.body, clock.now())
      return shown(await replaceVehicle(database, request.params.id, callerOf(request).id, wanted))
    },
  )

  app.put(
    '/api/v1/vehicles/:id/default',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'Make it the one that I come with', params, response: { 200: vehicle } },
    },
    async (request) => shown(await makeDefault(database, request.params.id, callerOf(request).id)),
  )
}

function deletionRoute({ app: server, database: { db }, clock }: Parts): void {
  typed(server).delete(
    '/api/v1/vehicles/:id',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'Take a vehicle away', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { id } = await findVehicle(db, request.params.id, callerOf(request).id)
      await db
        .update(vehicles)
        .set({ deletedAt: new Date(clock.now()), isDefault: false })
        .where(eq(vehicles.id, id))
      return reply.code(204).send(null)
    },
  )
}

function fieldsOf(body: z.infer<z.ZodObject<typeof fields>>, now: number): VehicleFields {
  const { license_plate: plate, is_default: isDefault, color = null, ...rest } = body
  if (rest.year > new Date(now).getUTCFullYear() + 2)
    throw new AppError('unprocessable', 'year: at most two years ahead.', { reason: 'year_too_late' })
  return { ...rest, color, licensePlate: plateOf(plate), isDefault }
}

function shown(row: typeof vehicles.$inferSelect): z.infer<typeof vehicle> {
  const { id, make, model, year, color, licensePlate, size, isDefault } = row
  return { id, make, model, year, color, license_plate: licensePlate, size, is_default: isDefault }
}
