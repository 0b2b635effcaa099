import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, eq } from 'drizzle-orm'
import { bookingsOf, comingWithin, readBookings } from './booking-views.ts'
import { lockResources, type Resource } from './resources.ts'
import { resources } from './schema.ts'

const nouns = { bay: 'wash bay', team: 'mobile team', staff: 'member of the staff' } as const
const reasons = { bay: 'wash_bay_not_found', team: 'mobile_team_not_found', staff: 'staff_not_found' } as const

export function noSuch(kind: Resource['kind']): AppError {
  return new AppError('not_found', `There is no such ${nouns[kind]}.`, { reason: reasons[kind] })
}

interface Change {
  kind: Resource['kind']
  status?: Resource['status'] | undefined
  now: number
}

/** Changes a bay, a team or a member of the staff while nobody takes a time of it. */
export async function changeResource(
  database: Database,
  id: string,
  { kind, status, now }: Change,
  work: (tx: Transaction) => Promise<void> = async () => {},
): Promise<void> {
  await database.transaction(async (tx) => {
    const found = await tx.select({ id: resources.id }).from(resources).where(isOf(id, kind))
    if (found.length === 0) throw noSuch(kind)
    await lockResources(tx, [id])
    if (status === 'inactive') await refuseHeld(tx, id, now)
    if (status !== undefined) await tx.update(resources).set({ status }).where(eq(resources.id, id))
    await work(tx)
  })
}

export const isOf = (id: string, kind: Resource['kind']) => and(eq(resources.id, id), eq(resources.kind, kind))

/** Somebody still comes for it: those people are moved or told first. */
async function refuseHeld(tx: Transaction, id: string, now: number): Promise<void> {
  const coming = comingWithin({ from: now, to: now + 10 * 366 * 86_400_000 }, now)
  const found = await readBookings(tx, and(coming, bookingsOf(tx, id)), { limit: 100 })
  if (found.length === 0) return
  const bookings = found.map(({ id: booking, startsAt }) => ({ id: booking, scheduled_at: startsAt.toISOString() }))
  throw new AppError('conflict', 'Bookings hold it: move or cancel them first.', {
    reason: 'resource_in_use',
    details: { bookings },
  })
}
