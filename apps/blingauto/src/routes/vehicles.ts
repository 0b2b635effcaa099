import { callerOf } from '@ikoma/backend/http'
import { AppError, newId } from '@ikoma/kernel'
import { and, asc, eq, isNull } from 'drizzle-orm'
import * as z from 'zod'
import { plateOf, vehicleSizes } from '../domain/vehicle.ts'
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

export function vehicleRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const { db } = database
  const params = z.object({ id: z.uuid() })

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

  app.post(
    '/api/v1/vehicles',
    {
      config: { access: 'user', idempotent: true },
      schema: {
        tags,
        summary: 'Add a vehicle of mine',
        body: z.strictObject({
          make: text,
          model: text,
          year: z.number().int().min(1900).max(2200),
          color: text.optional(),
          license_plate: text,
          size: vehicleSize.default('standard'),
          is_default: z.boolean().default(false),
        }),
        response: { 201: vehicle },
      },
    },
    async (request, reply) => {
      const { license_plate: plate, is_default: isDefault, color = null, ...rest } = request.body
      const customerId = callerOf(request).id
      if (rest.year > new Date(clock.now()).getUTCFullYear() + 2)
        throw new AppError('unprocessable', 'year: at most two years ahead.', { reason: 'year_too_late' })
      const added = await database.transaction(async (tx) => {
        if (isDefault) await tx.update(vehicles).set({ isDefault: false }).where(eq(vehicles.customerId, customerId))
        const row = { id: newId(), customerId, ...rest, color, licensePlate: plateOf(plate), isDefault }
        const [inserted] = await tx.insert(vehicles).values(row).onConflictDoNothing().returning()
        return inserted
      })
      if (!added)
        throw new AppError('conflict', 'license_plate: you have a vehicle with it.', { reason: 'license_plate_taken' })
      return reply.code(201).send(shown(added))
    },
  )

  app.delete(
    '/api/v1/vehicles/:id',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'Take a vehicle away', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { id } = request.params
      const mine = and(eq(vehicles.id, id), eq(vehicles.customerId, callerOf(request).id), isNull(vehicles.deletedAt))
      const gone = await db
        .update(vehicles)
        .set({ deletedAt: new Date(clock.now()), isDefault: false })
        .where(mine)
        .returning({ id: vehicles.id })
      if (gone.length === 0)
        throw new AppError('not_found', 'You have no such vehicle.', { reason: 'vehicle_not_found' })
      return reply.code(204).send(null)
    },
  )
}

function shown(row: typeof vehicles.$inferSelect): z.infer<typeof vehicle> {
  const { id, make, model, year, color, licensePlate, size, isDefault } = row
  return { id, make, model, year, color, license_plate: licensePlate, size, is_default: isDefault }
}
