import { AppError, newId } from '@ikoma/kernel'
import { and, asc, eq, ilike } from 'drizzle-orm'
import * as z from 'zod'
import { type Rated, ratingsOf } from '../store/ratings.ts'
import { categories, services } from '../store/schema.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['services']
const name = z.string().trim().min(1).max(100)
const description = z.string().trim().max(1_000).nullish()
const category = z
  .object({ id: z.uuid(), name: z.string(), description: z.string().nullable(), display_order: z.number().int() })
  .meta({ id: 'Category' })
const service = z
  .object({
    id: z.uuid(),
    category_id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    price: z.number().int().describe('In the smallest unit of the currency.'),
    duration_minutes: z.number().int(),
    is_popular: z.boolean(),
    rating: z
      .object({ average: z.number().nullable(), count: z.number().int() })
      .describe('Of the bookings that it was part of.'),
  })
  .meta({ id: 'Service' })

export function catalogueRoutes({ app: server, database }: Parts): void {
  const app = typed(server)
  const { db } = database

  app.post(
    '/api/v1/services/categories',
    {
      config: { access: 'admins' },
      schema: {
        tags,
        summary: 'Add a category',
        body: z.strictObject({ name, description, display_order: z.number().int().min(0).max(10_000).default(0) }),
        response: { 201: category },
      },
    },
    async ({ body }, reply) => {
      const row = {
        id: newId(),
        name: body.name,
        description: body.description ?? null,
        displayOrder: body.display_order,
      }
      const [added] = await db.insert(categories).values(row).onConflictDoNothing().returning()
      if (!added) throw new AppError('conflict', 'A category has this name already.', { reason: 'category_taken' })
      return reply.code(201).send(shownCategory(added))
    },
  )

  app.get(
    '/api/v1/services/categories',
    {
      config: { access: 'anyone' },
      schema: { tags, summary: 'The categories', response: { 200: z.object({ categories: z.array(category) }) } },
    },
    async () => {
      const rows = await db
        .select()
        .from(categories)
        .where(eq(categories.active, true))
        .orderBy(asc(categories.displayOrder), asc(categories.name))
        .limit(500)
      return { categories: rows.map(shownCategory) }
    },
  )

  app.post(
    '/api/v1/services/categories/:id/services',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Add a service',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({
          name,
          description,
          price: z.number().int().min(1).max(10_000_00),
          duration_minutes: z.number().int().min(15).max(480).multipleOf(15),
        }),
        response: { 201: service },
      },
    },
    async ({ params, body }, reply) => {
      const [found] = await db.select().from(categories).where(eq(categories.id, params.id))
      if (!found) throw new AppError('not_found', 'There is no such category.', { reason: 'category_not_found' })
      const { price, duration_minutes: durationMin } = body
      const row = {
        id: newId(),
        categoryId: found.id,
        name: body.name,
        description: body.description ?? null,
        price,
        durationMin,
      }
      const [added] = await db.insert(services).values(row).onConflictDoNothing().returning()
      if (!added)
        throw new AppError('conflict', 'The category has a service of this name.', { reason: 'service_taken' })
      return reply.code(201).send(shownService(added))
    },
  )

  app.get(
    '/api/v1/services',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'What is offered',
        querystring: z.object({
          search: z.string().max(100).optional(),
          page: z.coerce.number().int().min(1).max(10_000).default(1),
          limit: z.coerce.number().int().min(1).max(100).default(50),
        }),
        response: { 200: z.object({ services: z.array(service), page: z.number().int(), limit: z.number().int() }) },
      },
    },
    async ({ query: { search, page, limit } }) => {
      const named = search === undefined ? undefined : ilike(services.name, `%${search.replace(/[\\%_]/g, '\\$&')}%`)
      const rows = await db
        .select()
        .from(services)
        .where(and(eq(services.status, 'active'), named))
        .orderBy(asc(services.name), asc(services.id))
        .offset((page - 1) * limit)
        .limit(limit)
      const ratings = await ratingsOf(
        db,
        rows.map(({ id }) => id),
      )
      return { services: rows.map((row) => shownService(row, ratings.get(row.id))), page, limit }
    },
  )
}

function shownCategory({ id, name: called, description: about, displayOrder }: typeof categories.$inferSelect) {
  return { id, name: called, description: about, display_order: displayOrder }
}

function shownService(
  row: typeof services.$inferSelect,
  rating: Rated = { average: null, count: 0 },
): z.infer<typeof service> {
  const { id, categoryId, name: called, description: about, price, durationMin, popular } = row
  return {
    id,
    category_id: categoryId,
    name: called,
    description: about,
    price,
    duration_minutes: durationMin,
    is_popular: popular,
    rating,
  }
}
