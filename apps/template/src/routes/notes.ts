import type { Database } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { desc, eq, lt } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { notes } from '../store/schema.ts'

const note = z.object({ id: z.uuid(), text: z.string(), createdAt: z.iso.datetime() }).meta({ id: 'Note' })
const page = z.object({ items: z.array(note), next: z.uuid().nullable() })

export function noteRoutes(server: FastifyInstance, { db }: Database): void {
  const app = server.withTypeProvider<ZodTypeProvider>()

  app.get(
    '/v1/notes',
    {
      config: { access: 'public' },
      schema: {
        tags: ['notes'],
        summary: 'The notes, newest first',
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(100).default(20),
          after: z.uuid().optional(),
        }),
        response: { 200: page },
      },
    },
    async ({ query: { limit, after } }) => {
      const query = db
        .select()
        .from(notes)
        .where(after ? lt(notes.id, after) : undefined)
      const found = await query.orderBy(desc(notes.id)).limit(limit + 1)
      const items = found.slice(0, limit)
      return { items: items.map(shown), next: found.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  )

  app.post(
    '/v1/notes',
    {
      config: { access: 'writer', idempotent: true },
      schema: {
        tags: ['notes'],
        summary: 'Write a note',
        body: z.strictObject({ text: z.string().trim().min(1).max(2_000) }),
        response: { 201: note },
      },
    },
    async ({ body }, reply) => {
      const [written] = await db.insert(notes).values({ id: newId(), text: body.text }).returning()
      if (!written) throw new Error('the note was not returned')
      return reply.code(201).send(shown(written))
    },
  )

  app.delete(
    '/v1/notes/:id',
    {
      config: { access: 'writer' },
      schema: {
        tags: ['notes'],
        summary: 'Throw a note away',
        params: z.object({ id: z.uuid() }),
        response: { 204: z.null() },
      },
    },
    async ({ params }, reply) => {
      const gone = await db.delete(notes).where(eq(notes.id, params.id)).returning({ id: notes.id })
      if (gone.length === 0) throw new AppError('not_found', 'There is no such note.', { reason: 'note_not_found' })
      return reply.code(204).send(null)
    },
  )
}

function shown({ id, text, createdAt }: typeof notes.$inferSelect) {
  return { id, text, createdAt: createdAt.toISOString() }
}
