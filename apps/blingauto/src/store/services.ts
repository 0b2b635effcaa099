import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, asc, count, eq, gte, ilike, inArray, lte, ne, or, type SQL } from 'drizzle-orm'
import { categories, services } from './schema.ts'

export type Service = typeof services.$inferSelect

export const mostPopular = 3

export interface ServiceFilter {
  search?: string | undefined
  categoryId?: string | undefined
  popular?: boolean | undefined
  minPrice?: number | undefined
  maxPrice?: number | undefined
}

/** What is offered. A text is looked for in names and descriptions, as it is written: `%` is a sign like others. */
export async function listServices(
  reader: Pick<Transaction, 'select'>,
  filter: ServiceFilter,
  { page, limit }: { page: number; limit: number },
): Promise<{ rows: Service[]; total: number }> {
  const { search, categoryId, popular, minPrice, maxPrice } = filter
  const pattern = search === undefined ? undefined : `%${search.replace(/[\\%_]/g, '\\$&')}%`
  const conditions: (SQL | undefined)[] = [
    eq(services.status, 'active'),
    eq(categories.active, true),
    pattern === undefined ? undefined : or(ilike(services.name, pattern), ilike(services.description, pattern)),
    categoryId === undefined ? undefined : eq(services.categoryId, categoryId),
    popular === undefined ? undefined : eq(services.popular, popular),
    minPrice === undefined ? undefined : gte(services.price, minPrice),
    maxPrice === undefined ? undefined : lte(services.price, maxPrice),
  ]
  const wanted = and(...conditions)
  const ofCategory = eq(categories.id, services.categoryId)
  const rows = await reader
    .select({ service: services })
    .from(services)
    .innerJoin(categories, ofCategory)
    .where(wanted)
    .orderBy(asc(services.name), asc(services.id))
    .offset((page - 1) * limit)
    .limit(limit)
  const [all] = await reader.select({ n: count() }).from(services).innerJoin(categories, ofCategory).where(wanted)
  return { rows: rows.map(({ service }) => service), total: all?.n ?? 0 }
}

export async function findService(reader: Pick<Transaction, 'select'>, id: string): Promise<Service> {
  const [found] = await reader.select().from(services).where(eq(services.id, id))
  if (!found || found.status === 'archived')
    throw new AppError('not_found', 'There is no such service.', { reason: 'service_not_found' })
  return found
}

export type ServiceChange = Partial<Omit<Service, 'id'>>

/** Changes what is named of it; what was booked before keeps its name, price and time. */
export async function changeService(database: Database, id: string, change: ServiceChange): Promise<Service> {
  return database.transaction(async (tx) => {
    const { categoryId } = await findService(tx, id)
    const wanted = [...new Set([categoryId, change.categoryId ?? categoryId])]
    // Of two who make a service popular at once the later one counts that of the former.
    const held = await tx
      .select({ id: categories.id })
      .from(categories)
      .where(inArray(categories.id, wanted))
      .orderBy(asc(categories.id))
      .for('update')
    if (held.length < wanted.length)
      throw new AppError('unprocessable', 'category_id: there is no such category.', { reason: 'category_not_found' })
    const after = { ...(await findService(tx, id)), ...change }
    await refuseName(tx, after)
    if (after.popular) await refusePopular(tx, after)
    if (Object.keys(change).length > 0) await tx.update(services).set(change).where(eq(services.id, id))
    return after
  })
}

async function refuseName(tx: Transaction, { id, categoryId, name }: Service): Promise<void> {
  const same = and(eq(services.categoryId, categoryId), eq(services.name, name), ne(services.id, id))
  if ((await tx.select({ id: services.id }).from(services).where(same)).length > 0)
    throw new AppError('conflict', 'The category has a service of this name.', { reason: 'service_taken' })
}

async function refusePopular(tx: Transaction, { id, categoryId }: Service): Promise<void> {
  const others = and(
    eq(services.categoryId, categoryId),
    eq(services.popular, true),
    ne(services.status, 'archived'),
    ne(services.id, id),
  )
  const [found] = await tx.select({ n: count() }).from(services).where(others)
  if ((found?.n ?? 0) >= mostPopular)
    throw new AppError('unprocessable', `is_popular: at most ${mostPopular} of a category.`, {
      reason: 'too_many_popular',
    })
}
