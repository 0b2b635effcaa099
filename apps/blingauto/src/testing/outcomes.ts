import { AppError } from '@ikoma/kernel'

/** How each of them ended: `ok`, or why not. */
export async function outcomes(work: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(work)) {
    const { reason } = result as { reason?: unknown }
    const key = result.status === 'fulfilled' ? 'ok' : reason instanceof AppError ? reason.reason : String(reason)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

/** Pairs of times of one resource that overlap: always none. */
export const overlaps = `select count(*)::int as n from time_slots a join time_slots b
  on a.resource_id = b.resource_id and a.id < b.id and a.blocked && b.blocked where not a.released and not b.released`
