import type { OrderResource } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import type { RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'

/** Where an order stands after somebody changed it, and how to follow it when it goes on. */
export function answerOrder(order: OrderResource, { out, t }: RemoteContext): number {
  out.answer(order, () => {
    const asked = order.cancelRequestedAt && !isTerminal(order.status)
    out.line(`${order.id}  ${asked ? t.attach.cancelRequested : t.status[order.status]}`)
  })
  if (!isTerminal(order.status)) out.note(t.attach.reattach(shortId(order.id)))
  return exitCodes.ok
}
