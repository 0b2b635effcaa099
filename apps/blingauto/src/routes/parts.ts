import type { Kept } from '@ikoma/backend/http'
import type { Identity } from '@ikoma/backend/identity'
import type { Database } from '@ikoma/backend/postgres'
import type { Clock } from '@ikoma/kernel'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { TellCustomer } from '../booking-letters.ts'

/** What routes are made of. */
export interface Parts {
  app: FastifyInstance
  database: Database
  clock: Clock
  identity: Identity
  /** What the customer of a booking is told by mail. */
  tell: TellCustomer
  /** Answers that are kept for a while. */
  kept: Kept
}

/** With the types of each route's schema. */
export const typed = (app: FastifyInstance) => app.withTypeProvider<ZodTypeProvider>()

/** An instant that a calendar and the database both have: the year 0 is none of PostgreSQL's. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine(
    (text) => Math.abs(Date.parse(text) - Date.UTC(2000)) < 300 * 366 * 86_400_000,
    'must be within 1701 and 2299',
  )
  .describe('With its offset, or Z.')

/** A day of a calendar, as bounded. */
export const day = z.iso
  .date()
  .refine((text) => text >= '1701-01-01' && text <= '2299-12-31', 'must be within 1701 and 2299')
