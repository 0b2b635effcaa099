import * as z from 'zod'
import { timeField } from './fields.ts'

/** What a drain of this process of the control plane has come to. */
export const drainSchema = z
  .object({
    draining: z.object({ since: timeField, by: z.string() }).nullable(),
    running: z.number().int().describe('Orders that a runner has, of all processes.'),
  })
  .meta({ id: 'Drain' })
export type DrainResource = z.infer<typeof drainSchema>
