import type { OrderSummary } from '@ikoma/api'
import type { RemoteContext } from '../../cli.ts'
import { shortId } from '../../lookup.ts'
import type { Style } from '../../output.ts'
import { dateAndTime, timeOfDay } from '../../times.ts'
import { translated } from '../../words.ts'
import { orderWords } from './order-words.ts'

/** Something that has happened to an order. */
export interface Change {
  /** Tells the same change apart from another when the order is seen again. */
  key: string
  /** When it happened; null when the order does not say. */
  at: string | null
  text: string
  style?: Style
}

/** What an order and its summary both say. */
type Course = Omit<OrderSummary, 'outcome' | 'summary'>

/** What an order's own state and times say has happened to it, in order, except how it ended. */
export function changesOf(order: Course, runner: string, context: RemoteContext): Change[] {
  const { t, language } = context
  const { status, attempt, claimedAt, startedAt, cancelRequestedAt } = order
  const why = order.statusReason ?? ''
  const changes: Change[] = []
  if (status === 'PENDING_APPROVAL') {
    changes.push({ key: 'pending', at: order.createdAt, text: t.status.PENDING_APPROVAL, style: 'yellow' })
  }
  if (status === 'QUEUED' || attempt > 0) {
    const text =
      attempt === 0 && isLater(order) ? words[language].notBefore(dateAndTime(order.runAt, context)) : t.status.QUEUED
    changes.push({ key: 'queued', at: order.createdAt, text })
  }
  if (claimedAt)
    changes.push({ key: `claimed ${attempt}`, at: claimedAt, text: words[language].claimed(runner, attempt) })
  if (startedAt) changes.push({ key: `running ${attempt}`, at: startedAt, text: t.status.RUNNING })
  if (cancelRequestedAt) {
    changes.push({ key: 'cancel', at: cancelRequestedAt, text: orderWords[language].cancelRequested, style: 'yellow' })
  }
  if (status === 'STALE') {
    const next = mayRunText(order, context) ?? words[language].late
    changes.push({ key: `stale ${attempt}`, at: null, text: words[language].stale(why, next), style: 'yellow' })
  }
  if (status === 'QUEUED' && attempt > 0) {
    const text = words[language].requeued(why, timeOfDay(order.runAt, context))
    changes.push({ key: `requeued ${attempt}`, at: null, text, style: 'yellow' })
  }
  return changes
}

/** What a person must know of an order that may run unheard of, and can do; null for any other. */
export function mayRunText(order: Course, context: RemoteContext): string | null {
  // A former version tells of none.
  const { id, heldUntil = null, resourceKey } = order
  if (heldUntil === null) return null
  return orderWords[context.language].mayRun(shortId(id), dateAndTime(heldUntil, context), resourceKey)
}

function isLater({ runAt, createdAt }: Course): boolean {
  return Date.parse(runAt) > Date.parse(createdAt) + 1000
}

const words = translated({
  en: {
    claimed: (runner: string, attempt: number) => `claimed by ${runner} (attempt ${attempt})`,
    notBefore: (time: string) => `queued, not before ${time}`,
    requeued: (reason: string, time: string) => `queued again, not before ${time} (${reason})`,
    stale: (reason: string, next: string) => `the runner has gone silent (${reason}); ${next}`,
    late: 'waiting for a late report',
  },
  fr: {
    claimed: (runner, attempt) => `pris par ${runner} (essai ${attempt})`,
    notBefore: (time) => `en file, pas avant ${time}`,
    requeued: (reason, time) => `remis en file, pas avant ${time} (${reason})`,
    stale: (reason, next) => `le runner ne donne plus de nouvelles (${reason}) ; ${next}`,
    late: 'un rapport tardif est attendu',
  },
})
