import { AppError, newId } from '@ikoma/kernel'
import { asc, eq } from 'drizzle-orm'
import * as z from 'zod'
import { categories, services } from '../store/schema.ts'
import { type Parts, typed } from './parts.ts'
import { serviceDuration, servicePrice, serviceShape, shownService } from './services.ts'

const tags = ['services']
const name = z.string().trim().min(1).max(100)
const description = z.string().trim().max(1_000).nullish()
const category = z
  .object({ id: z.uuid(), name: z.string(), description: z.string().nullable(), display_order: z.number().int() })
  .meta({ id: 'Category' })
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
          ...{ price: servicePrice, duration_minutes: serviceDuration },
        }),
        response: { 201: serviceShape },
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
}

function shownCategory({ id, name: called, description: about, displayOrder }: typeof categories.$inferSelect) {
  return { id, name: called, description: about, display_order: displayOrder }
}
