import type { Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { asc, eq, inArray, sql } from 'drizzle-orm'
import { resources } from './schema.ts'

export type Resource = Pick<typeof resources.$inferSelect, 'id' | 'kind' | 'status'>

/**
 * Keeps bays, teams and people from others until the transaction ends, and counts their versions up: what was kept of what is
 * taken of them is asked again. In the order of their ids, which everybody keeps to: of two who want the same two, neither
 * waits for the other.
 */
export async function lockResources(tx: Transaction, ids: readonly string[]): Promise<Map<string, Resource>> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  const held = tx
    .select({ id: resources.id })
    .from(resources)
    .where(inArray(resources.id, wanted))
    .orderBy(asc(resources.id))
    .for('update')
    .as('held')
  const found = await tx
    .update(resources)
    .set({ version: sql`${resources.version} + 1` })
    .from(held)
    .where(eq(resources.id, held.id))
    .returning({ id: resources.id, kind: resources.kind, status: resources.status })
  if (found.length < wanted.length)
    throw new AppError('not_found', 'There is no such bay, team or member of the staff.', {
      reason: 'resource_not_found',
    })
  return new Map(found.map((row) => [row.id, row]))
}
