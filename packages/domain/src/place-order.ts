import { AppError } from '@ikoma/kernel'
import type { Order, OrderContent, OrderState, RetryClass, Risk } from './order.ts'
import { waitFor } from './order-deadlines.ts'
import { defaultExpiryMs } from './order-timing.ts'
import type { AttachedRunner } from './runner.ts'
import { refuseUntaken } from './runner-takes.ts'
import { targetOf } from './target.ts'

/** The part of a catalogue entry that the rules need. */
export interface OrderType {
  type: string
  /** Scope a runner must hold; null when every runner may execute it. */
  requiredScope: string | null
  risk: Risk
  retryClass: RetryClass
  timeoutSec: number
  /** Whether a person must approve each order of this type. */
  approval: boolean
}

export interface OrderRequest {
  serverId: string | null
  runnerId: string | null
  scope: string | null
  payload: Record<string, unknown>
  priority: number
  runAt: number | null
  expiresAt: number | null
  timeoutSec: number | null
  maxAttempts: number | null
  dedupeKey: string | null
  resourceKey: string | null
  labels: Record<string, string>
  dryRun: boolean
  retryOf: string | null
}

export interface PlacementContext {
  id: string
  now: number
  actor: string
  /** Who answers for it beside the actor; null when that is unknown. Nobody else unless said. */
  alsoAnswerable?: readonly string[] | null
  /** The runner that the target resolves to now; null for a scope. */
  runner: AttachedRunner | null
}

/** Attempts of an idempotent type when the placer does not say. */
export const defaultMaxAttempts = 3

/** A new order, not yet sealed, or an AppError that says why it is refused. */
export function placeOrder(request: OrderRequest, type: OrderType, context: PlacementContext): Order {
  refuseRunner(request, type, context)
  const { now } = context
  const runAt = request.runAt ?? now
  const state: OrderState = {
    id: context.id,
    type: type.type,
    status: type.approval ? 'PENDING_APPROVAL' : 'QUEUED',
    statusReason: null,
    target: targetOf(request),
    serverId: request.serverId,
    runnerId: request.runnerId,
    retryClass: type.retryClass,
    attempt: 0,
    lostClaims: 0,
    maxAttempts: type.retryClass === 'once' ? 1 : (request.maxAttempts ?? defaultMaxAttempts),
    timeoutSec: request.timeoutSec ?? type.timeoutSec,
    lease: null,
    leaseExpiresAt: null,
    runAt,
    expiresAt: request.expiresAt ?? Math.max(now, runAt) + defaultExpiryMs,
    wait: null,
    resourceKey: request.resourceKey,
    cancelRequestedAt: null,
    claimedAt: null,
    startedAt: null,
    heartbeatAt: null,
    completedAt: null,
    finishedLease: null,
    finishedDigest: null,
    approval: null,
    dueAt: null,
  }
  const content: OrderContent = {
    payload: request.payload,
    labels: request.labels,
    risk: type.risk,
    priority: request.priority,
    dryRun: request.dryRun,
    dedupeKey: request.dedupeKey,
    retryOf: request.retryOf,
    createdAt: now,
    createdBy: context.actor,
    answerable: answerableFor(context),
    seal: '',
    placementSeal: '',
  }
  return {
    ...state,
    ...content,
    wait: type.approval ? null : waitFor(state, now),
    dueAt: state.expiresAt,
    report: null,
  }
}

/** A schedule is nobody: whoever wrote it answers. */
function answerableFor({ actor, alsoAnswerable = [] }: PlacementContext): string[] | null {
  if (alsoAnswerable === null) return null
  const people = [...(actor.startsWith('schedule:') ? [] : [actor]), ...alsoAnswerable]
  return people.length === 0 ? null : [...new Set(people)]
}

function refuseRunner(request: OrderRequest, type: OrderType, { runner }: PlacementContext): void {
  if (runner === null) {
    if (request.serverId !== null) {
      throw new AppError(
        'unprocessable',
        'This server has no runner. Attach one with PATCH /v1/servers/:id/attach-runner.',
        {
          reason: 'runner_not_attached',
        },
      )
    }
    return
  }
  if (runner.disabled) {
    throw new AppError(
      'unprocessable',
      `Runner "${runner.name}" is disabled. Enable it with \`ikoma runner edit ${runner.id} --enable\` or choose another one.`,
      {
        reason: 'runner_disabled',
      },
    )
  }
  refuseUntaken({ ...type, timeoutSec: request.timeoutSec ?? type.timeoutSec }, runner)
}
