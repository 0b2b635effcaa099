import type { OrderState } from './order.ts'
import { change, type Move, refused } from './order-change.ts'
import type { Circumstance, Decision, OrderEvent, Step, Verdict } from './order-event.ts'
import { claim, heartbeat, start } from './order-lease.ts'
import { complete, reportedLate } from './order-report.ts'
import { isTerminal, type OrderStatus } from './order-state.ts'
import { keptBack, sweep } from './order-sweep.ts'

/** What happens to `order` when `event` does. Pure: the same arguments give the same decision, and `order` is not modified. */
export function advance(order: OrderState, event: OrderEvent, circumstance: Circumstance): Decision {
  switch (event.kind) {
    case 'claim':
      return claim(order, event.runnerId, event.lease, circumstance)
    case 'start':
      return start(order, event.by, circumstance)
    case 'heartbeat':
      return heartbeat(order, event.by, circumstance)
    case 'complete':
      return complete(order, event.by, event.completion, circumstance)
    case 'cancel':
      return cancel(order, event.reason, circumstance)
    case 'approve':
      return approve(order, event.approval, circumstance)
    case 'reject':
      return reject(order, event.reason, circumstance)
    case 'sweep':
      return (event.wentBack && keptBack(order, circumstance)) || sweep(order, circumstance)
    case 'settle':
      return settle(order, event, circumstance)
    case 'note':
      return { kind: 'changed', order: { ...order }, steps: [reportedLate(order, event.reason)] }
    case 'withdraw':
      return withdraw(order, circumstance)
  }
}

function cancel(order: OrderState, reason: string | null, at: Circumstance): Decision {
  if (isTerminal(order.status)) return refused(order, 'already_ended')
  if (order.status !== 'RUNNING' && order.status !== 'STALE') {
    return change(order, [['cancel', 'order.canceled', reason ?? 'canceled']], at)
  }
  if (order.cancelRequestedAt !== null) return { kind: 'kept', order }
  const asked: Step = { action: 'order.cancel_requested', from: order.status, to: order.status, reason }
  return { kind: 'changed', order: { ...order, cancelRequestedAt: at.now }, steps: [asked] }
}

function approve(order: OrderState, approval: string, at: Circumstance): Decision {
  return change(order, [['approve', 'order.approved', null]], at, { approval })
}

function reject(order: OrderState, reason: string | null, at: Circumstance): Decision {
  return change(order, [['reject', 'order.rejected', reason ?? 'rejected']], at)
}

/** The first verdict stands: said again it gets the same answer. */
function settle(
  order: OrderState,
  { verdict, reason }: { verdict: Verdict; reason: string },
  at: Circumstance,
): Decision {
  if (order.statusReason === settled && order.status === endOf[verdict]) return { kind: 'kept', order }
  const maySettle = order.status === 'NEEDS_ATTENTION' || (order.status === 'STALE' && order.retryClass === 'once')
  if (!maySettle) return refused(order, 'not_in_doubt')
  const decision = change(order, [[verdict === 'succeeded' ? 'succeed' : 'fail', 'order.settled', reason]], at)
  return { ...decision, order: { ...decision.order, statusReason: settled } }
}

const settled = 'settled'
const endOf = { succeeded: 'SUCCEEDED', failed: 'FAILED' } as const satisfies Record<Verdict, OrderStatus>

/** Ends it, whatever it says of itself. What may be running is for a person to look at. */
function withdraw(order: OrderState, at: Circumstance): Decision {
  const reason = 'seal_broken'
  if (isTerminal(order.status)) return refused(order, reason)
  const doubt: Move = ['doubt', 'order.needs_attention', reason]
  if (order.status === 'STALE') return change(order, [doubt], at)
  if (order.status === 'RUNNING') return change(order, [['lose', 'order.went_stale', reason], doubt], at)
  return change(order, [['cancel', 'order.canceled', reason]], at)
}
