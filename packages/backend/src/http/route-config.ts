import type { Limit } from './limits/rate-limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A limit of the route's own, beside the one for everybody; false leaves it out of that too. */
    limit?: Limit | false
    /** Statuses of errors that the route answers beyond those that the document says of its kind, as 401 of a sign-in. */
    errors?: readonly number[]
    /** Whether `Idempotency-Key` is kept here; `required` refuses who sends none. */
    idempotent?: boolean | 'required'
    /** A route of the house's own, that answers whoever the caller is and however often. */
    operation?: boolean
  }
}
