import type { Clock } from '@ikoma/kernel'
import { lt } from 'drizzle-orm'
import type { Database, Transaction } from '../postgres/index.ts'
import { webhookEvents } from './schema.ts'

interface Event {
  provider: string
  eventId: string
}

/**
 * Has the effect of an event once, however often and wherever at once it is delivered: it is remembered in the transaction of its
 * effect, which whoever comes second waits for. An effect that fails is forgotten, so that the next delivery has it.
 */
export async function applyOnce(
  tx: Transaction,
  { provider, eventId }: Event,
  clock: Clock,
  effect: () => Promise<void>,
): Promise<'applied' | 'seen'> {
  const rows = await tx
    .insert(webhookEvents)
    .values({ provider, eventId, receivedAt: new Date(clock.now()) })
    .onConflictDoNothing()
    .returning()
  if (rows.length === 0) return 'seen'
  await effect()
  return 'applied'
}

/** For a job. Providers repeat an event for some days (Stripe: three), and a signature holds some minutes. */
export async function sweepWebhookEvents({ db }: Database, clock: Clock, keepDays = 90): Promise<void> {
  await db.delete(webhookEvents).where(lt(webhookEvents.receivedAt, new Date(clock.now() - keepDays * 86_400_000)))
}
