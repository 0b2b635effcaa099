import { boolean, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { amount } from './columns.ts'

export const categories = pgTable('categories', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull().unique(),
  description: text('description'),
  displayOrder: integer('display_order').notNull().default(0),
  active: boolean('active').notNull().default(true),
})

export const services = pgTable(
  'services',
  {
    id: uuid('id').primaryKey(),
    categoryId: uuid('category_id')
      .notNull()
      .references(() => categories.id),
    name: text('name').notNull(),
    description: text('description'),
    price: amount('price').notNull(),
    durationMin: integer('duration_min').notNull(),
    popular: boolean('popular').notNull().default(false),
    status: text('status').$type<'active' | 'inactive' | 'archived'>().notNull().default('active'),
  },
  ({ categoryId, name }) => [uniqueIndex('services_name').on(categoryId, name)],
)
