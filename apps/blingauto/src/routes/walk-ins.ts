import { AppError } from '@ikoma/kernel'
import { and, count, desc, eq, gte, lt } from 'drizzle-orm'
import * as z from 'zod'
import { walkIns } from '../store/schema.ts'
import { dayOf } from '../store/till.ts'
import {
  addServices,
  cancelWalkIn,
  completeWalkIn,
  giveDiscount,
  openWalkIn,
  payWalkIn,
  readFile,
  refundWalkIn,
  removeService,
} from '../store/walk-ins.ts'
import { vehicleSize } from './facilities.ts'
import { moneyBody, takenOf } from './money.ts'
import { day, type Parts, typed } from './parts.ts'
import { actOf, shownFile, walkInAnswer, walkInStatuses } from './walk-in-answer.ts'

const tags = ['walkins']
const text = z.string().trim().min(1).max(50)
const params = z.object({ id: z.uuid() })
const serviceIds = z.array(z.uuid()).max(20)
export function walkInRoutes(parts: Parts): void {
  openingRoutes(parts)
  readingRoutes(parts)
  serviceRoutes(parts)
  moneyRoutes(parts)
  endRoutes(parts)
}

const opened = z
  .strictObject({
    vehicle_make: text,
    model: text.optional(),
    color: text.optional(),
    size: vehicleSize.optional(),
    vehicle_model: text.optional().describe('As `model`.'),
    vehicle_color: text.optional().describe('As `color`.'),
    vehicle_size: vehicleSize.optional().describe('As `size`.'),
    license_plate: z.string().trim().max(50).optional(),
    customer_name: z.string().trim().max(200).optional(),
    customer_phone: z.string().trim().max(30).optional(),
    service_ids: serviceIds.default([]),
    wash_bay_id: z.uuid().optional().describe('The bay that it takes at once; nobody books it meanwhile.'),
  })
  .superRefine((body, context) => {
    for (const name of ['model', 'color', 'size'] as const) {
      const given = [body[name], body[`vehicle_${name}`]].filter((value) => value !== undefined)
      if (given.length !== 1) context.addIssue({ code: 'custom', path: [name], message: 'name it once' })
    }
  })

function openingRoutes({ app: server, database, clock }: Parts): void {
  typed(server).post(
    '/api/v1/walkins',
    {
      config: { access: 'staff', idempotent: true },
      schema: {
        tags,
        summary: 'Take in a car that came without a booking',
        body: opened,
        response: { 201: walkInAnswer },
      },
    },
    async (request, reply) => {
      const { body } = request
      const vehicle = {
        make: body.vehicle_make,
        model: body.model ?? body.vehicle_model ?? '',
        color: body.color ?? body.vehicle_color ?? '',
        size: body.size ?? body.vehicle_size ?? 'standard',
        ...(body.license_plate ? { licensePlate: body.license_plate } : {}),
      }
      const { customer_name: customerName, customer_phone: customerPhone, service_ids, wash_bay_id: bayId } = body
      const wanted = { vehicle, customerName, customerPhone, serviceIds: service_ids, bayId }
      const file = await openWalkIn(database, wanted, actOf(request, clock.now(), 201))
      return reply.code(201).send(shownFile(file))
    },
  )
}

function readingRoutes({ app: server, database }: Parts): void {
  const app = typed(server)
  const { db } = database

  app.get(
    '/api/v1/walkins',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'The walk-ins, the latest first',
        querystring: z.object({
          status: walkInStatuses.optional(),
          date: day.optional().describe('A day of the place: when they came.'),
          page: z.coerce.number().int().min(1).max(100_000).default(1),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
        response: {
          200: z.object({
            walkins: z.array(walkInAnswer),
            total_count: z.number().int(),
            page: z.number().int(),
            limit: z.number().int(),
            has_next: z.boolean(),
          }),
        },
      },
    },
    async ({ query: { status, date, page, limit } }) => {
      const day = date === undefined ? null : (await dayOf(db, date)).span
      const wanted = and(
        status && eq(walkIns.status, status),
        day ? gte(walkIns.createdAt, new Date(day.from)) : undefined,
        day ? lt(walkIns.createdAt, new Date(day.to)) : undefined,
      )
      const found = await db
        .select({ id: walkIns.id })
        .from(walkIns)
        .where(wanted)
        .orderBy(desc(walkIns.createdAt), desc(walkIns.id))
        .offset((page - 1) * limit)
        .limit(limit)
      const [total] = await db.select({ n: count() }).from(walkIns).where(wanted)
      const all = total?.n ?? 0
      const files = await Promise.all(found.map(({ id }) => readFile(db, id)))
      return { walkins: files.map(shownFile), total_count: all, page, limit, has_next: page * limit < all }
    },
  )

  app.get(
    '/api/v1/walkins/:id',
    { config: { access: 'staff' }, schema: { tags, summary: 'A walk-in', params, response: { 200: walkInAnswer } } },
    async (request) => shownFile(await readFile(db, request.params.id)),
  )
}

function serviceRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/walkins/:id/services',
    {
      config: { access: 'staff', idempotent: true },
      schema: {
        tags,
        summary: 'Add services; its bay is kept for longer, where nobody has it then',
        params,
        body: z.strictObject({ service_ids: serviceIds.min(1) }),
        response: { 200: walkInAnswer },
      },
    },
    async (request) => {
      const { id } = request.params
      return shownFile(await addServices(database, id, request.body.service_ids, actOf(request, clock.now())))
    },
  )

  app.delete(
    '/api/v1/walkins/:id/services',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'Take a service away, by its line or as the last of its kind',
        params,
        querystring: z.object({ line_id: z.uuid().optional(), service_id: z.uuid().optional() }),
        response: { 200: walkInAnswer },
      },
    },
    async (request) => {
      const { line_id, service_id } = request.query
      if ((line_id === undefined) === (service_id === undefined))
        throw new AppError('invalid', 'Name line_id or service_id.', { reason: 'service_not_named' })
      const file = await readFile(database.db, request.params.id)
      const line = line_id ?? file.services.findLast((each) => each.serviceId === service_id)?.id ?? service_id ?? ''
      return shownFile(await removeService(database, file.row.id, line, actOf(request, clock.now())))
    },
  )

  app.delete(
    '/api/v1/walkins/:id/services/:line_id',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'Take a line of its services away',
        params: params.extend({ line_id: z.uuid() }),
        response: { 200: walkInAnswer },
      },
    },
    async (request) => {
      const { id, line_id } = request.params
      return shownFile(await removeService(database, id, line_id, actOf(request, clock.now())))
    },
  )
}

function moneyRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/walkins/:id/discount',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Set its discount',
        params,
        body: z.strictObject({ discount_percent: z.number().int().min(0).max(100) }),
        response: { 200: walkInAnswer },
      },
    },
    async (request) => {
      const { discount_percent: percent } = request.body
      return shownFile(await giveDiscount(database, request.params.id, percent, actOf(request, clock.now())))
    },
  )

  const ways = [
    ['payments', 'staff', 'Take money for it', payWalkIn],
    ['refunds', 'managers', 'Give money back', refundWalkIn],
  ] as const
  for (const [path, access, summary, move] of ways) {
    app.post(
      `/api/v1/walkins/:id/${path}`,
      {
        config: { access, idempotent: true },
        schema: { tags, summary, params, body: moneyBody, response: { 201: walkInAnswer } },
      },
      async (request, reply) => {
        const taken = takenOf(request.body)
        const file = await move(database, request.params.id, taken, actOf(request, clock.now(), 201))
        return reply.code(201).send(shownFile(file))
      },
    )
  }
}

function endRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/walkins/:id/complete',
    {
      config: { access: 'staff', idempotent: true },
      schema: {
        tags,
        summary: 'It is washed and paid; its receipt is written',
        params,
        body: z.strictObject({}).optional(),
        response: { 200: walkInAnswer },
      },
    },
    async (request) => shownFile(await completeWalkIn(database, request.params.id, actOf(request, clock.now()))),
  )

  app.post(
    '/api/v1/walkins/:id/cancel',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'It goes away unwashed; money that was taken is given back before',
        params,
        body: z.strictObject({ reason: z.string().max(500).optional() }).optional(),
        response: { 200: walkInAnswer },
      },
    },
    async (request) => {
      const reason = request.body?.reason ?? null
      return shownFile(await cancelWalkIn(database, request.params.id, reason, actOf(request, clock.now())))
    },
  )
}
