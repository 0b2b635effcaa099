import type { Decision } from '@ikoma/domain'
import type { WriteArgs } from '../writes.ts'
import { applyEvent, lockOrders, saveChanges } from './order-changes.ts'
import type { Transaction } from './transaction.ts'

/** Events of one order apply in order of arrival. */
export async function advanceOrders(tx: Transaction, calls: WriteArgs<'advanceOrder'>[]): Promise<(Decision | null)[]> {
  const changes = await lockOrders(
    tx,
    calls.map(([{ orderId }]) => orderId),
  )
  const decisions = calls.map(([request]) => applyEvent(changes, tx.trace, request))
  await saveChanges(tx, changes)
  return decisions
}
