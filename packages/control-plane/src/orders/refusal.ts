import type { OrderState, RefusalReason } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'

const messages: Record<RefusalReason, string> = {
  wrong_runner: 'Another runner holds this order.',
  lease_lost: 'This claim is over: the order was taken back. Stop working on it.',
  invalid_status: 'The order is not in a state that allows this.',
  already_ended: 'The order has ended.',
  already_completed: 'This claim was completed with another report.',
  not_yet: 'The order may not be claimed yet.',
  not_in_doubt: 'Only an order that NEEDS_ATTENTION can be settled, or one that is done once and is STALE.',
  seal_broken: 'The order was changed in the database. Place a new one.',
  newer_version: 'The order was written by a newer IKOMA, which alone may change it.',
}

/** Why an event did not apply to an order, as a 409 that says where the order stands. */
export function refusalError(refusal: RefusalReason, order: OrderState): AppError {
  return new AppError('conflict', `${messages[refusal]} It is ${order.status}.`, {
    reason: refusal,
    details: { currentStatus: order.status },
  })
}
