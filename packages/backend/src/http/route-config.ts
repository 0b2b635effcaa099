import type { Limit } from './limits/rate-limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A limit of the route's own, beside the one for everybody; false leaves it out of that too. */
    limit?: Limit | false
    /** Whether `Idempotency-Key` is kept here; `required` refuses who sends none. */
    idempotent?: boolean | 'required'
    /** A route of the house's own, that answers whoever the caller is and however often. */
    operation?: boolean
  }
}
