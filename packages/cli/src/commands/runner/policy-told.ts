import type { RunnerResource } from '@ikoma/api'
import * as z from 'zod'

const toldSchema = z.object({
  scopes: z.array(z.string()),
  maxTimeoutSec: z.number(),
  file: z.string(),
  problem: z.string().optional(),
})

/** What a runner tells of its server's policy; null of one that is older. */
export function policyTold({ capabilities }: Pick<RunnerResource, 'capabilities'>): z.infer<typeof toldSchema> | null {
  return toldSchema.safeParse(capabilities?.policy).data ?? null
}
