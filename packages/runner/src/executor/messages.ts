import { signedGrantSchema } from '@ikoma/api'
import * as z from 'zod'

/**
 * What the runner and the root executor say over their socket: one JSON object a line. The runner says what is to be
 * done, once, and then at most that it must stop; the end of the connection means the same. The executor tells the
 * course, and last the result.
 */
export const maxLineBytes = 4 * 1024 * 1024

export const requestSchema = z.strictObject({
  claim: z.strictObject({
    orderId: z.string(),
    attempt: z.number().int(),
    lease: z.string(),
    claimLeaseSec: z.number(),
    runLeaseSec: z.number(),
    grant: signedGrantSchema,
  }),
  /** The runner understands `printed`: one that was started from a former version would break off. */
  hears: z.boolean().optional(),
})

/** Instead of an order: the policy is another. Reading it is all that is done. */
export const lookSchema = z.strictObject({ look: z.literal('policy') })

export const stopSchema = z.strictObject({
  stop: z.strictObject({ kind: z.enum(['canceled', 'timed_out', 'lost', 'interrupted']), message: z.string() }),
})

const resultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), summary: z.string(), output: z.record(z.string(), z.unknown()) }),
  z.object({
    ok: z.literal(false),
    summary: z.string(),
    output: z.record(z.string(), z.unknown()).optional(),
    errors: z.array(z.object({ code: z.string(), message: z.string(), step: z.string().optional() })),
    retryable: z.boolean().optional(),
  }),
])

export const answerSchema = z.union([
  z.strictObject({ log: z.string() }),
  /** What a program printed, as it came: lines and secrets may be cut anywhere. */
  z.strictObject({ printed: z.string(), stream: z.enum(['stdout', 'stderr']) }),
  z.strictObject({ begin: z.string() }),
  /** The step that was begun last and has not ended; `error` when it failed. */
  z.strictObject({ end: z.string(), error: z.string().optional() }),
  z.strictObject({ result: resultSchema }),
])
export type ExecutorAnswer = z.infer<typeof answerSchema>
