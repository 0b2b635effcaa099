import { randomUUID } from 'node:crypto'
import {
  type ClaimedOrder,
  type Grant,
  grantLifeMaxMs,
  runnerProtocol,
  type SealedSecrets,
  typesAllowedBy,
} from '@ikoma/api'
import { type AttachedRunner, type Order, type OrderEvent, targetsOfRunner } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { type CallerRequest, callingCredential, callingProtocol, callingRunner, credentialLeftMs } from '../access.ts'
import type { Context } from '../context.ts'
import { type Speaker, topicOf } from '../instances.ts'
import { orderResource } from '../present.ts'
import { deliver } from '../secrets/deliver.ts'
import { mayRun } from './seal.ts'

interface Claimer {
  runner: AttachedRunner
  protocol: number
  speaker: Speaker | null
  /** The runner as it is by now; rejects when it may no longer claim. */
  recheck(): Promise<AttachedRunner>
  /** Takes a place for waiting until what it answers is called. */
  take(): () => void
  /** For how long its credential is good by itself. */
  leftMs(): number
}

/** Whoever calls a runner's route, as it is when it comes and while it waits. */
export function claimerOf({ access, places, clock }: Context, request: CallerRequest): Claimer {
  return {
    runner: callingRunner(request),
    ...callingProtocol(request),
    recheck: () => access.recheckRunner(request),
    take: () => places.parked.take(callingCredential(request)),
    leftMs: () => credentialLeftMs(request, clock.now()),
  }
}

interface Wanted {
  waitSec: number
  max: number
  gone: AbortSignal
}

/** Claims up to `max` orders for a runner, waiting up to `waitSec` for the first; empty when none came or `gone` aborts. */
export async function claimWithin(context: Context, claimer: Claimer, wanted: Wanted): Promise<ClaimedOrder[]> {
  const giveBack = wanted.waitSec > 0 ? claimer.take() : () => {}
  context.metrics.openClaims.inc()
  try {
    return await claimOrWait(context, claimer, wanted)
  } finally {
    context.metrics.openClaims.dec()
    giveBack()
  }
}

async function claimOrWait(context: Context, claimer: Claimer, wanted: Wanted): Promise<ClaimedOrder[]> {
  const { waitSec, max, gone } = wanted
  const until = performance.now() + waitSec * 1000
  let { runner } = claimer
  refuseFormer(claimer)
  context.presence.touch({ id: runner.id, lastSeenAt: context.clock.now() })
  const over = AbortSignal.any([gone, context.stopping])
  for (;;) {
    const watch = context.signals.watch([...targetsOfRunner(runner), 'access', topicOf(runner)])
    try {
      if (over.aborted) return []
      const { nothingMs, waitMs } = context.instances.holdMs(runner, claimer.speaker, context.clock.now())
      const claimed = nothingMs > 0 ? [] : await claimNow(context, runner, max)
      const left = until - performance.now()
      if (claimed.length > 0 || left <= 0) return claimed
      await watch.wait(Math.min(left, claimer.leftMs(), nothingMs || waitMs), over)
      if (over.aborted || performance.now() >= until || waitMs < left) return []
    } finally {
      watch.leave()
    }
    // While it waited it may have been disabled, given other scopes or attached elsewhere.
    runner = await claimer.recheck()
  }
}

/** Its grants would not be understood: the order stays queued until it is updated. */
function refuseFormer({ runner, protocol }: Claimer): void {
  // A program that never enrolled has no key of ours to verify a grant with.
  if (runner.publicKey === null || protocol >= runnerProtocol) return
  throw new AppError(
    'upgrade_required',
    `The runner "${runner.name}" is too old: it speaks protocol ${protocol}, and orders are given in ${runnerProtocol}. ` +
      'Update ikoma on its server, then: ikoma runner install',
    { reason: 'runner_too_old', retryAfterSec: 60 },
  )
}

async function claimNow(context: Context, runner: AttachedRunner, max: number): Promise<ClaimedOrder[]> {
  const { store, clock, timing } = context
  // Said by an alarm and to whoever places orders; a runner waits.
  if (context.witness.refusal()) return []
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
  const ready: Ready[] = []
  for (const order of orders) {
    if (!mayRun(order, context.keyring)) await withdraw(context, order)
    else ready.push(...(await withSecrets(context, runner, order)))
  }
  return grantedOrders(context, runner, ready)
}

/** An order that may run, with the secrets that it names as its server gets them. */
interface Ready {
  order: Order
  secrets: SealedSecrets | null
}

/** None when its secrets cannot be had: the order has ended, or is left to be claimed again. */
async function withSecrets(context: Context, runner: AttachedRunner, order: Order): Promise<Ready[]> {
  const { alarms } = context
  try {
    const delivery = await deliver(context.secrets, order, runner)
    if ('sealed' in delivery) return [{ order, secrets: delivery.sealed }]
    const { refusal, name } = delivery
    if (refusal === 'secret_broken') alarms.raise('secret_unopened', { orderId: order.id, name })
    await end(context, order, { kind: 'cancel', reason: refusal })
  } catch (error) {
    alarms.raise('secret_unopened', { orderId: order.id, err: error })
  }
  return []
}

/** One signature for all of them: that is what a batch costs. */
async function grantedOrders(context: Context, runner: AttachedRunner, ready: Ready[]): Promise<ClaimedOrder[]> {
  const { keyring, timing } = context
  const grants = ready.map((each) => grantFor(context, runner, each))
  const signed = keyring.sign(grants)
  return signed.flatMap((grant, place) => {
    const order = ready[place]?.order
    if (order === undefined) return []
    const { claimLeaseMs, runLeaseMs } = timing
    const leases = { lease: order.lease ?? '', claimLeaseSec: claimLeaseMs / 1000, runLeaseSec: runLeaseMs / 1000 }
    return [{ ...orderResource(order), ...leases, grant }]
  })
}

function grantFor(context: Context, runner: AttachedRunner, { order, secrets }: Ready): Grant {
  const { clock, timing } = context
  const { type, payload, dryRun, risk, retryClass, attempt, maxAttempts, lostClaims, timeoutSec, expiresAt } = order
  const issuedAt = clock.now()
  return {
    ...{ v: 2, orderId: order.id, type, payload, dryRun, risk, retryClass },
    ...{ runnerId: runner.id, serverId: runner.serverId },
    ...{ attempt, maxAttempts, lostClaims, lease: order.lease ?? '', timeoutSec },
    ...{ issuedAt, notAfter: issuedAt + Math.min(timing.claimLeaseMs, grantLifeMaxMs), expiresAt },
    auditHead: context.witness.head(),
    secrets,
  }
}

/** Ends an order that is not what was placed, or that nobody approved: somebody edited the database. */
async function withdraw(context: Context, order: Order): Promise<void> {
  // Never cleared while the process runs: the next order being whole says nothing of who edited this one.
  context.alarms.raise('seal_broken', { table: 'orders', id: order.id })
  await end(context, order, { kind: 'withdraw' })
}

async function end({ store, clock, timing }: Context, order: Order, event: OrderEvent): Promise<void> {
  await store.advanceOrder({
    orderId: order.id,
    event,
    actor: 'control-plane',
    now: clock.now(),
    random: 0,
    timing,
  })
}
