import * as z from 'zod'
import { idField } from './fields.ts'
import { problemSchema } from './problem.ts'
import { reportSchema } from './report.ts'
import { listedClaimSchema, progressSchema } from './runner-protocol.ts'

const hold = z.strictObject({ id: idField, lease: z.string().min(1).max(100) })

/**
 * Body of POST /v1/runner/orders/exchange: what start, complete and claim-next say one by one, said at once. Completions
 * apply first and free the runner's places for what it claims. Each item has its own outcome, and may be sent again.
 */
export const exchangeBody = z.strictObject({
  start: z.array(hold).max(100).default([]),
  complete: z
    .array(hold.extend({ report: reportSchema }))
    .max(100)
    .default([]),
  /** Claim up to this many. */
  max: z.number().int().min(0).max(100).default(1),
  /** Wait for the first order at most this long. With anything to start or complete the answer does not wait. */
  waitSec: z.number().min(0).max(60).default(0),
})

/** `problem` as the call by itself would have been refused; `reason` says why. */
const outcome = z.union([progressSchema, z.object({ id: idField, problem: problemSchema })])

/** Outcomes in the order the items were sent. */
export const exchangeReply = z.object({
  started: z.array(outcome),
  completed: z.array(outcome),
  orders: z.array(listedClaimSchema),
})
