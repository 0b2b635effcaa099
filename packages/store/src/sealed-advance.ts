import { type Advance, advance, type Circumstance, type Decision, type OrderEvent, type RowFault } from '@ikoma/domain'
import type { StoredState } from './order-fields.ts'

/** What is to be stored of an event, and what whoever asked for it hears. */
export interface Advanced {
  change: Decision
  answer: Decision
  actor: string
  report: Advance['report']
}

interface Asked extends Circumstance {
  event: OrderEvent
  actor: string
  report?: Advance['report']
}

/** Applies an event to an order as it was read. To one that is not as we left it nothing happens any more but its end. */
export function advanceSealed(order: StoredState, fault: RowFault | undefined, asked: Asked): Advanced {
  const { event, actor, report } = asked
  if (fault === undefined) {
    const change = advance(order, event, asked)
    return { change, answer: change, actor, report }
  }
  if (fault === 'newer') {
    const answer: Decision = { kind: 'refused', order, refusal: 'newer_version' }
    return { change: answer, answer, actor, report: undefined }
  }
  const change = advance(order, { kind: 'withdraw' }, asked)
  const answer: Decision = { kind: 'refused', order: change.order, refusal: 'seal_broken' }
  return { change, answer: event.kind === 'withdraw' ? change : answer, actor: 'control-plane', report: undefined }
}
