import { hash } from 'node:crypto'
import type { Report } from '@ikoma/api'
import type { AuditEvent } from '@ikoma/domain'
import type { Context } from '../context.ts'
import type { Held } from './held-order.ts'

/** Enough to see what became of an order; a runner that has a thousand things to say of one is not heard for ever. */
const maxNotes = 10
const summaryLength = 300

interface TakenBack {
  attempt: number
  formerRunnerId?: string
  formerLease?: string
}

/**
 * Writes what a runner reports of an attempt that was taken back from it into the order's history: another lease was given
 * since, so it decides nothing, but whoever looks at the order may want to know. Of any other lease nothing is kept.
 */
export async function noteLateReport(context: Context, held: Held, report: Report): Promise<void> {
  const { store, clock, timing } = context
  const attempt = await attemptOf(context, held)
  if (attempt === null) return
  const reason = sentence(attempt, report)
  const noted = await eventsOf(context, held.orderId, 'order.reported_late')
  if (noted.length >= maxNotes || noted.some(({ data }) => JSON.parse(data).reason === reason)) return
  const actor = `runner:${held.runner.id}`
  const event = { kind: 'note', reason } as const
  await store.advanceOrder({ orderId: held.orderId, event, actor, now: clock.now(), random: 0, timing })
}

/** The attempt that this lease was of; null when it was never taken back from this runner. */
async function attemptOf(context: Context, { orderId, runner, lease }: Held): Promise<number | null> {
  if (lease === null) return null
  const formerLease = hash('sha256', lease, 'base64url')
  const requeued = await eventsOf(context, orderId, 'order.requeued')
  const data = requeued.map((event) => JSON.parse(event.data) as TakenBack)
  const taken = data.find((each) => each.formerRunnerId === runner.id && each.formerLease === formerLease)
  return taken?.attempt ?? null
}

function eventsOf({ store }: Context, orderId: string, action: string): Promise<AuditEvent[]> {
  return store.listAudit({ subject: `order:${orderId}`, action }, 0, 100)
}

function sentence(attempt: number, { ok, outcome, summary }: Report): string {
  const text = `attempt ${attempt} ${outcome ?? (ok ? 'succeeded' : 'failed')}: ${summary}`
  return text.length <= summaryLength ? text : `${text.slice(0, summaryLength - 1)}…`
}
