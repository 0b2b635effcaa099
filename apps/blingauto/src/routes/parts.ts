import type { Kept } from '@ikoma/backend/http'
import type { Identity } from '@ikoma/backend/identity'
import type { Database } from '@ikoma/backend/postgres'
import type { Clock } from '@ikoma/kernel'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
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
