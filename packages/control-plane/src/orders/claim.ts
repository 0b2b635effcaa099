import { randomUUID } from 'node:crypto'
import { type ClaimedOrder, typesAllowedBy } from '@ikoma/api'
import { type AttachedRunner, type Order, targetsOfRunner } from '@ikoma/domain'
import type { Context } from '../context.ts'
import { orderResource } from '../present.ts'
import { mayRun } from './seal.ts'

interface Claimer {
  runner: AttachedRunner
  /** The runner as it is by now; rejects when it may no longer claim. */
  recheck(): Promise<AttachedRunner>
}

interface Wanted {
  waitSec: number
  max: number
  gone: AbortSignal
}

/** Claims up to `max` orders for a runner, waiting up to `waitSec` for the first; empty when none came or `gone` aborts. */
export async function claimWithin(context: Context, claimer: Claimer, wanted: Wanted): Promise<ClaimedOrder[]> {
  context.metrics.openClaims.inc()
  try {
    return await claimOrWait(context, claimer, wanted)
  } finally {
    context.metrics.openClaims.dec()
  }
}

async function claimOrWait(context: Context, claimer: Claimer, wanted: Wanted): Promise<ClaimedOrder[]> {
  const { waitSec, max, gone } = wanted
  const until = performance.now() + waitSec * 1000
  let { runner } = claimer
  context.presence.touch({ id: runner.id, lastSeenAt: context.clock.now() })
  const over = AbortSignal.any([gone, context.stopping])
  for (;;) {
    const watch = context.signals.watch([...targetsOfRunner(runner), 'access'])
    try {
      if (over.aborted) return []
      const claimed = await claimNow(context, runner, max)
      const left = until - performance.now()
      if (claimed.length > 0 || left <= 0) return claimed
      await watch.wait(left, over)
      if (over.aborted || performance.now() >= until) return []
    } finally {
      watch.leave()
    }
    // While it waited it may have been disabled, given other scopes or attached elsewhere.
    runner = await claimer.recheck()
  }
}

async function claimNow(context: Context, runner: AttachedRunner, max: number): Promise<ClaimedOrder[]> {
  const { store, clock, timing } = context
  const orders = await store.claimOrders({
    runnerId: runner.id,
    targets: targetsOfRunner(runner),
    types: typesAllowedBy(runner.scopes),
    max,
    concurrency: runner.concurrency,
    leases: Array.from({ length: max }, () => randomUUID()),
    now: clock.now(),
    timing,
  })
  const granted: ClaimedOrder[] = []
  for (const order of orders) {
    if (mayRun(order, context.keyring)) granted.push(grantedOrder(context, runner, order))
    else await withdraw(context, order)
  }
  return granted
}

function grantedOrder({ keyring, clock, timing }: Context, runner: AttachedRunner, order: Order): ClaimedOrder {
  const { type, payload, dryRun, risk, retryClass, attempt, timeoutSec } = order
  const lease = order.lease ?? ''
  const issuedAt = clock.now()
  const grant = keyring.sign({
    v: 1,
    orderId: order.id,
    type,
    payload,
    dryRun,
    risk,
    retryClass,
    runnerId: runner.id,
    serverId: runner.serverId,
    attempt,
    lease,
    timeoutSec,
    issuedAt,
    notAfter: issuedAt + timing.claimLeaseMs,
  })
  return {
    ...orderResource(order),
    lease,
    claimLeaseSec: timing.claimLeaseMs / 1000,
    runLeaseSec: timing.runLeaseMs / 1000,
    grant,
  }
}

/** Ends an order that is not what was placed, or that nobody approved: somebody edited the database. */
async function withdraw({ store, clock, timing, alarms }: Context, order: Order): Promise<void> {
  // Never cleared while the process runs: the next order being whole says nothing of who edited this one.
  alarms.raise('seal_broken', { orderId: order.id })
  await store.advanceOrder({
    orderId: order.id,
    event: { kind: 'withdraw' },
    actor: 'control-plane',
    now: clock.now(),
    random: 0,
    timing,
  })
}
