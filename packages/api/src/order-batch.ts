import * as z from 'zod'
import { orderBody, orderSummarySchema } from './orders.ts'
import { problemSchema } from './problem.ts'

/**
 * Body of POST /v1/orders/batch. A body that is not well-formed is refused whole; what a well-formed order runs into is
 * told in its place of the answer, and its neighbours are placed. An Idempotency-Key stands for the whole batch: sent
 * again, each order gets its first answer.
 */
export const orderBatchBody = z.strictObject({ orders: z.array(orderBody).min(1).max(100) })

/** One of the two for each order, in the order they were sent. */
export const orderBatchReply = z.object({
  items: z.array(z.union([z.object({ order: orderSummarySchema }), z.object({ problem: problemSchema })])),
})
export type OrderBatchReply = z.infer<typeof orderBatchReply>
