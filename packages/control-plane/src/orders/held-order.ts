import { hash } from 'node:crypto'
import type { Report } from '@ikoma/api'
import { type AttachedRunner, type Completion, type OrderEvent, type OrderState, targetsOfRunner } from '@ikoma/domain'
import { AppError, notFound } from '@ikoma/kernel'
import type { Context } from '../context.ts'
import { noteLateReport } from './late-report.ts'
import { refusalError } from './refusal.ts'

/** What a runner's message is about: an order that it says it holds. */
export interface Held {
  orderId: string
  runner: AttachedRunner
  /** Null from a plain client, which names no claim. */
  lease: string | null
}

export function start(context: Context, held: Held): Promise<OrderState> {
  return advance(context, held, (by) => ({ kind: 'start', by }))
}

export function heartbeat(context: Context, held: Held): Promise<OrderState> {
  return advance(context, held, (by) => ({ kind: 'heartbeat', by }))
}

export async function complete(context: Context, held: Held, report: Report): Promise<OrderState> {
  const completion = completionOf(report)
  try {
    return await advance(context, held, (by) => ({ kind: 'complete', by, completion }), report)
  } catch (error) {
    // Kept before it is refused: after that the runner forgets it.
    if (error instanceof AppError && error.reason === 'lease_lost') await noteLateReport(context, held, report)
    throw error
  }
}

/** A stranger learns nothing, not even that the order exists. */
export function refuseStranger(runner: AttachedRunner, order: OrderState): void {
  const targets: string[] = targetsOfRunner(runner)
  if (order.runnerId !== runner.id && !targets.includes(order.target)) throw notFound('order', order.id)
}

/** Applies an event by the runner that holds the order; rejects with `not_found` or `conflict`. */
async function advance(
  { store, clock, timing }: Context,
  { orderId, runner, lease }: Held,
  eventBy: (by: { runnerId: string; lease: string | null }) => OrderEvent,
  report?: Report,
): Promise<OrderState> {
  const decision = await store.advanceOrder({
    orderId,
    event: eventBy({ runnerId: runner.id, lease }),
    actor: `runner:${runner.id}`,
    now: clock.now(),
    random: Math.random(),
    timing,
    report,
  })
  if (decision === null) throw notFound('order', orderId)
  if (decision.kind === 'refused') {
    refuseStranger(runner, decision.order)
    throw refusalError(decision.refusal === 'wrong_runner' ? 'lease_lost' : decision.refusal, decision.order)
  }
  return decision.order
}

function completionOf(report: Report): Completion {
  return {
    outcome: report.outcome ?? (report.ok ? 'succeeded' : 'failed'),
    digest: hash('sha256', JSON.stringify(report), 'base64url'),
    retryable: report.retryable ?? true,
    reason: report.errors?.[0]?.code ?? null,
  }
}
