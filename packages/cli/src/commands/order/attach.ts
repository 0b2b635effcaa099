import type { OrderResource } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import type { RemoteContext } from '../../cli.ts'
import { exitCodeOfOrder, exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import { followReconnecting } from './follow.ts'
import { createOrderView } from './order-view.ts'

export interface AttachOptions {
  /** Whom the order is for, as a person knows it. */
  targetName: string
  /** How long to stay; null for until it ends. */
  waitMs: number | null
}

/** Shows an order's progress until it ends. Ctrl-C and the wait's end leave the order alone. */
export async function attachOrder(
  order: OrderResource,
  options: AttachOptions,
  context: RemoteContext,
): Promise<number> {
  const { out, t } = context
  const view = createOrderView(options.targetName, context)
  view.begin(order)
  await view.status(order)
  if (order.status === 'PENDING_APPROVAL') out.note('  ', t.attach.needsApproval(shortId(order.id)))
  using wait = limitedWait(options.waitMs, context)
  let last = order
  for await (const event of followReconnecting(order.id, wait.signal, context)) {
    if (event.event === 'line') {
      view.line(event.data)
      continue
    }
    last = event.data
    await view.status(last)
    if (isTerminal(last.status)) break
  }
  if (!isTerminal(last.status)) return leave(last, wait.ended(), context)
  view.end(last)
  out.answer(last, () => {})
  return exitCodeOfOrder[last.status]
}

type WaitEnd = 'interrupted' | 'timeout' | 'lost'

interface LimitedWait {
  signal: AbortSignal
  ended(): WaitEnd
}

function leave({ id }: OrderResource, why: WaitEnd, { out, t }: RemoteContext): number {
  out.note(t.attach[why])
  out.note('  ', t.attach.reattach(shortId(id)))
  out.note('  ', t.attach.cancel(shortId(id)))
  return why === 'interrupted' ? exitCodes.interrupted : exitCodes.unknownOutcome
}

/** Aborts its signal at Ctrl-C or when the time is over, and remembers which. */
function limitedWait(waitMs: number | null, { io }: RemoteContext): Disposable & LimitedWait {
  const stop = new AbortController()
  let why: WaitEnd = 'lost'
  const end = (reason: WaitEnd) => () => {
    if (stop.signal.aborted) return
    why = reason
    stop.abort()
  }
  const stopListening = io.onInterrupt(end('interrupted'))
  const timer = waitMs === null ? undefined : setTimeout(end('timeout'), waitMs)
  return {
    signal: stop.signal,
    ended: () => why,
    [Symbol.dispose]() {
      stopListening()
      clearTimeout(timer)
    },
  }
}
