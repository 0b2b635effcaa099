import type { OrderResource, OrderSummary } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import type { RemoteContext } from '../../cli.ts'
import { exitCodeOfOrder, exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { followReconnecting } from './follow.ts'
import { createOrderView } from './order-view.ts'
import { orderWords } from './order-words.ts'

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
  const { client, out, language } = context
  const view = createOrderView(options.targetName, context)
  view.begin(order)
  await view.status(order)
  if (order.status === 'PENDING_APPROVAL') out.note('  ', orderWords[language].needsApproval(shortId(order.id)))
  using wait = limitedWait(options.waitMs, context)
  let last: OrderSummary | OrderResource = order
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
  // What is followed is without the report, which may be large; a former control plane told it with the rest.
  const ended = 'report' in last ? last : await client.getOrder(order.id)
  view.end(ended)
  out.answer(ended, () => {})
  return exitCodeOfOrder[ended.status]
}

type WaitEnd = 'interrupted' | 'timeout' | 'lost'

interface LimitedWait {
  signal: AbortSignal
  ended(): WaitEnd
}

function leave({ id }: Pick<OrderResource, 'id'>, why: WaitEnd, { out, language }: RemoteContext): number {
  out.note(words[language][why])
  out.note('  ', orderWords[language].reattach(shortId(id)))
  out.note('  ', words[language].cancel(shortId(id)))
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

const words = translated({
  en: {
    interrupted: 'Stopped watching. The order goes on.',
    timeout: 'Waited long enough. The order goes on.',
    lost: 'The control plane no longer answers. The order may go on.',
    cancel: (id: string) => `Cancel it: ikoma order cancel ${id}`,
  },
  fr: {
    interrupted: 'Fin du suivi. L’ordre continue.',
    timeout: 'Fin de l’attente. L’ordre continue.',
    lost: 'Le plan de contrôle ne répond plus. L’ordre continue peut-être.',
    cancel: (id) => `Pour l’annuler : ikoma order cancel ${id}`,
  },
})
