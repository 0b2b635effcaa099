import type { OrderResource } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import type { RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import { orderWords } from './order-words.ts'

/** Where an order stands after somebody changed it, and how to follow it when it goes on. */
export function answerOrder(order: OrderResource, { out, t, language }: RemoteContext): number {
  out.answer(order, () => {
    const asked = order.cancelRequestedAt && !isTerminal(order.status)
    out.line(`${order.id}  ${asked ? orderWords[language].cancelRequested : t.status[order.status]}`)
  })
  if (!isTerminal(order.status)) out.note(orderWords[language].reattach(shortId(order.id)))
  return exitCodes.ok
}
