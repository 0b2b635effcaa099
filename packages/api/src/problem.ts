import * as z from 'zod'

/** RFC 9457 problem details, with the members that IKOMA adds. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    /** Stable token to switch on. */
    reason: z.string(),
    requestId: z.string(),
    /** Given when a runner's credential is refused: its clock may be the reason. */
    serverTime: z.iso.datetime().optional(),
    fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problemSchema>
