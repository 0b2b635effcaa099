import type { Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import { type Rated, ratingsOf } from '../store/ratings.ts'
import { changeService, findService, listServices, type Service, type ServiceFilter } from '../store/services.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['services']
const params = z.object({ id: z.uuid() })
export const servicePrice = z.number().int().min(1).max(10_000_00)
export const serviceDuration = z.number().int().min(15).max(480).multipleOf(15)
const name = z.string().trim().min(1).max(100)
const description = z.string().trim().max(1_000).nullish()
const paging = {
  page: z.coerce.number().int().min(1).max(10_000).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(50),
}
export const serviceShape = z
  .object({
    id: z.uuid(),
    category_id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    price: z.number().int().describe('In the smallest unit of the currency.'),
    duration_minutes: z.number().int(),
    is_popular: z.boolean(),
    status: z.enum(['active', 'inactive', 'archived']),
    rating: z
      .object({ average: z.number().nullable(), count: z.number().int() })
      .describe('Of the bookings that it was part of.'),
  })
  .meta({ id: 'Service' })
const list = z.object({
  services: z.array(serviceShape),
  total_count: z.number().int(),
  page: z.number().int(),
  limit: z.number().int(),
  has_next: z.boolean(),
})

export function serviceRoutes(parts: Parts): void {
  listingRoutes(parts)
  changeRoutes(parts)
  priceRoutes(parts)
}

function listingRoutes({ app: server, database: { db } }: Parts): void {
  const app = typed(server)
  const answer = async (filter: ServiceFilter, { page, limit }: { page: number; limit: number }) => {
    const { rows, total } = await listServices(db, filter, { page, limit })
    return { services: await rated(db, rows), total_count: total, page, limit, has_next: page * limit < total }
  }

  app.get(
    '/api/v1/services',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'What is offered',
        querystring: z.object({
          search: z.string().max(100).optional(),
          category_id: z.uuid().optional(),
          is_popular: z.stringbool().optional(),
          min_price: z.coerce.number().int().min(0).optional(),
          max_price: z.coerce.number().int().min(0).optional(),
          ...paging,
        }),
        response: { 200: list },
      },
    },
    async ({ query }) =>
      answer(
        {
          ...{ search: query.search, categoryId: query.category_id, popular: query.is_popular },
          ...{ minPrice: query.min_price, maxPrice: query.max_price },
        },
        query,
      ),
  )

  app.get(
    '/api/v1/services/popular',
    {
      config: { access: 'anyone' },
      schema: { tags, summary: 'What is asked for most', querystring: z.object(paging), response: { 200: list } },
    },
    async ({ query }) => answer({ popular: true }, query),
  )

  app.get(
    '/api/v1/services/search',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'What is offered with this in its name or description',
        querystring: z.object({ q: z.string().trim().min(1).max(100), ...paging }),
        response: { 200: list },
      },
    },
    async ({ query }) => answer({ search: query.q }, query),
  )

  app.get(
    '/api/v1/services/:id',
    { config: { access: 'anyone' }, schema: { tags, summary: 'A service', params, response: { 200: serviceShape } } },
    async (request) => {
      const [shown] = await rated(db, [await findService(db, request.params.id)])
      if (shown) return shown
      throw new AppError('not_found', 'There is no such service.', { reason: 'service_not_found' })
    },
  )
}

const whole = {
  name,
  description,
  price: servicePrice,
  duration_minutes: serviceDuration,
  category_id: z.uuid(),
  status: z.enum(['active', 'inactive']),
}

function changeRoutes({ app: server, database }: Parts): void {
  const bodies = {
    PUT: z.strictObject({ ...whole, category_id: z.uuid().optional(), status: whole.status.default('active') }),
    PATCH: z.strictObject(whole).partial(),
  }
  for (const method of ['PUT', 'PATCH'] as const) {
    typed(server).route({
      method,
      url: '/api/v1/services/:id',
      config: { access: 'managers' },
      schema: {
        tags,
        summary: method === 'PUT' ? 'Replace a service' : 'Change a service; what is not named stays',
        params,
        body: bodies[method],
        response: { 200: serviceShape },
      },
      handler: async ({ params: { id }, body }) => {
        const described = method === 'PUT' ? { description: body.description ?? null } : {}
        const change = {
          ...{ name: body.name, description: body.description, price: body.price, ...described },
          ...{ durationMin: body.duration_minutes, categoryId: body.category_id, status: body.status },
        }
        const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
        return shownOf(database.db, await changeService(database, id, named))
      },
    })
  }
}

function priceRoutes({ app: server, database }: Parts): void {
  const app = typed(server)

  app.patch(
    '/api/v1/services/:id/price',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change the price of what is booked from now on',
        params,
        body: z.strictObject({ new_price: servicePrice }),
        response: { 200: serviceShape },
      },
    },
    async ({ params: { id }, body }) =>
      shownOf(database.db, await changeService(database, id, { price: body.new_price })),
  )

  app.patch(
    '/api/v1/services/:id/popular',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Show it first, or no more; at most three of a category',
        params,
        body: z.strictObject({ is_popular: z.boolean().default(true) }),
        response: { 200: serviceShape },
      },
    },
    async ({ params: { id }, body }) =>
      shownOf(database.db, await changeService(database, id, { popular: body.is_popular })),
  )

  app.delete(
    '/api/v1/services/:id',
    {
      config: { access: 'admins' },
      schema: {
        tags,
        summary: 'Offer it no more, for good; what was booked of it stays',
        params,
        querystring: z.object({ reason: z.string().max(500).optional() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await changeService(database, id, { status: 'archived', popular: false })
      request.log.info({ service: id, reason: request.query.reason }, 'a service was archived')
      return reply.code(204).send(null)
    },
  )
}

type Reader = Pick<Transaction, 'select'>

async function rated(reader: Reader, rows: readonly Service[]): Promise<z.infer<typeof serviceShape>[]> {
  const ids = rows.map(({ id }) => id)
  const ratings = await ratingsOf(reader, ids)
  return rows.map((row) => shownService(row, ratings.get(row.id)))
}

async function shownOf(reader: Reader, row: Service) {
  return shownService(row, (await ratingsOf(reader, [row.id])).get(row.id))
}

export function shownService(row: Service, rating: Rated = { average: null, count: 0 }): z.infer<typeof serviceShape> {
  const { id, categoryId, name: called, description: about, price, durationMin, popular, status } = row
  return {
    ...{ id, category_id: categoryId, name: called, description: about, price, duration_minutes: durationMin },
    ...{ is_popular: popular, status, rating },
  }
}
