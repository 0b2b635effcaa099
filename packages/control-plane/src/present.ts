import {
  type AuditEventResource,
  type AuditFaultResource,
  type ClaimedOrder,
  type ListedClaim,
  type LogLineResource,
  type OpenEnrolmentResource,
  type OrderEventResource,
  type OrderResource,
  type OrderSummary,
  outcomes,
  type Progress,
  type RunnerResource,
  reportBounds,
  runnerProtocol,
  type ScheduleResource,
  type ServerResource,
  type TokenResource,
} from '@ikoma/api'
import {
  type ApiToken,
  type AttachedRunner,
  type AuditEvent,
  awaitedSince,
  boundScope,
  clonesOf,
  type Enrolment,
  heldUntil,
  isLockedOut,
  type ListedOrder,
  type LogChunk,
  type Order,
  type OrderState,
  runnerStatus,
  type Schedule,
  type Server,
} from '@ikoma/domain'
import type { FoundFault } from './audit/verification.ts'
import { instancesOf, shownSighting } from './instances.ts'
import type { Refusals } from './refused-runners.ts'

/** A runner that is there asks this often at least. */
const heardWithinMs = 35_000

export function isoTime(time: number): string {
  return new Date(time).toISOString()
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time)
}

/** An order with all that is known of it. */
export function orderResource(order: Order): OrderResource {
  const { payload, report } = order
  return { ...commonOf(order), payload, report }
}

/** An order in a list, from a row that has no more or from a whole order. */
export function orderSummary(order: ListedOrder | Order): OrderSummary {
  const { outcome, summary } = 'report' in order ? (order.report ?? {}) : order
  return {
    ...commonOf(order),
    outcome: outcomes.find((each) => each === outcome) ?? null,
    summary: typeof summary === 'string' ? summary.slice(0, reportBounds.summary) : null,
  }
}

function commonOf(order: Omit<Order, 'payload' | 'report'>): Omit<OrderResource, 'payload' | 'report'> {
  return {
    id: order.id,
    type: order.type,
    status: order.status,
    statusReason: order.statusReason,
    serverId: order.serverId,
    runnerId: order.runnerId,
    scope: boundScope(order.target),
    risk: order.risk,
    retryClass: order.retryClass,
    priority: order.priority,
    attempt: order.attempt,
    lostClaims: order.lostClaims,
    maxAttempts: order.maxAttempts,
    timeoutSec: order.timeoutSec,
    dedupeKey: order.dedupeKey,
    resourceKey: order.resourceKey,
    labels: order.labels,
    dryRun: order.dryRun,
    retryOf: order.retryOf,
    createdBy: order.createdBy,
    createdAt: isoTime(order.createdAt),
    runAt: isoTime(order.runAt),
    expiresAt: isoOrNull(order.expiresAt),
    claimedAt: isoOrNull(order.claimedAt),
    startedAt: isoOrNull(order.startedAt),
    heartbeatAt: isoOrNull(order.heartbeatAt),
    cancelRequestedAt: isoOrNull(order.cancelRequestedAt),
    completedAt: isoOrNull(order.completedAt),
    heldUntil: isoOrNull(heldUntil(order)),
  }
}

export function listedClaim({ payload: _payload, report: _report, ...claim }: ClaimedOrder): ListedClaim {
  return claim
}

export function progress(order: OrderState): Progress {
  return {
    id: order.id,
    status: order.status,
    statusReason: order.statusReason,
    attempt: order.attempt,
    leaseExpiresAt: isoOrNull(order.leaseExpiresAt),
    cancelRequested: order.cancelRequestedAt !== null,
  }
}

export function orderEventResource(event: AuditEvent): OrderEventResource {
  const data = JSON.parse(event.data) as Record<string, unknown>
  const text = (name: string) => (typeof data[name] === 'string' ? data[name] : null)
  return {
    seq: event.seq,
    at: isoTime(event.at),
    actor: event.actor,
    action: event.action,
    from: text('from'),
    to: text('to'),
    reason: text('reason'),
    attempt: typeof data.attempt === 'number' ? data.attempt : null,
    runnerId: text('runnerId'),
  }
}

export function logLines(chunk: LogChunk): LogLineResource[] {
  return chunk.lines.map(({ at, stream, text }) => ({ at: isoTime(at), attempt: chunk.attempt, stream, text }))
}

export function serverResource(server: Server): ServerResource {
  const { id, name, baseUrl, tags, metadata, runnerId, createdAt, updatedAt } = server
  return { id, name, baseUrl, tags, metadata, runnerId, createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) }
}

/** A runner as the API shows it, without its token's hash. */
export function runnerResource(runner: AttachedRunner, now: number, refusals: Refusals | null = null): RunnerResource {
  const refused = refusedLately(runner, refusals, now)
  const status = runnerStatus(runner, now)
  const isOut = status === 'ONLINE' && refused !== null
  return {
    id: runner.id,
    name: runner.name,
    status: isOut ? 'OFFLINE' : status,
    scopes: runner.scopes,
    labels: runner.labels,
    capabilities: runner.capabilities,
    concurrency: runner.concurrency,
    serverId: runner.serverId,
    enrolled: runner.publicKey !== null,
    ...machinesOf(runner, now),
    rotation: rotationOf(runner, now),
    refused: refused && {
      ...{ since: isoTime(refused.since), lastAt: isoTime(refused.lastAt), address: refused.address },
      former: refused.former,
    },
    opensSecrets: runner.sealKey !== null,
    version: runner.version,
    lastSeenAt: isoOrNull(runner.lastSeenAt),
    createdAt: isoTime(runner.createdAt),
  }
}

function rotationOf(runner: AttachedRunner, now: number): RunnerResource['rotation'] {
  const askedAt = awaitedSince(runner.tokenHash)
  if (askedAt !== null) {
    const lockedOut = isLockedOut(runner, now)
    const until = isoOrNull(runner.previousTokenExpiresAt)
    return { askedAt: isoTime(askedAt), fetchedAt: null, formerUntil: until, lockedOut }
  }
  const { rotation } = instancesOf(runner)
  if (rotation === undefined) return null
  return {
    ...{ askedAt: isoTime(rotation.askedAt), fetchedAt: isoTime(rotation.fetchedAt) },
    ...{ formerUntil: null, lockedOut: false },
  }
}

/**
 * Refusals that say something of the runner itself. Anybody can show a wrong token under its name: while it is heard that says
 * nothing. One that shows the token it had, and was not heard since, is locked out.
 */
function refusedLately(runner: AttachedRunner, refusals: Refusals | null, now: number): Refusals | null {
  if (refusals === null || (runner.lastSeenAt ?? 0) >= refusals.since) return null
  if (runnerStatus(runner, now) !== 'ONLINE') return refusals
  return refusals.former && now - refusals.since >= heardWithinMs ? refusals : null
}

function machinesOf(
  runner: AttachedRunner,
  now: number,
): Pick<RunnerResource, 'protocol' | 'tooOld' | 'cloned' | 'clockSkewMs' | 'draining'> {
  const instances = instancesOf(runner)
  const clones = clonesOf(instances, now)
  const { protocol, skewMs = null, drain } = instances
  return {
    protocol: protocol === 0 ? null : protocol,
    tooOld: protocol > 0 && protocol < runnerProtocol,
    cloned: clones.length === 0 ? null : clones.map(shownSighting),
    clockSkewMs: skewMs,
    draining: drain?.on ? { since: isoTime(drain.at), by: drain.by } : null,
  }
}

export function enrolmentResource(enrolment: Enrolment): OpenEnrolmentResource {
  const { id, name, serverId, scopes, createdBy, createdAt, expiresAt } = enrolment
  return { id, name, serverId, scopes, createdBy, createdAt: isoTime(createdAt), expiresAt: isoTime(expiresAt) }
}

export function tokenResource(token: ApiToken, now: number, sharesName = false): TokenResource {
  const { id, name, role, createdBy, createdAt, expiresAt } = token
  return {
    id,
    name,
    role,
    createdBy,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    expired: expiresAt <= now,
    sharesName,
  }
}

/** A schedule in a list: what its order asks for is not shown, as it may be large. */
export function scheduleSummary(schedule: Schedule, now: number): ScheduleResource {
  const { payload: _payload, ...order } = schedule.order
  return scheduleResource({ ...schedule, order }, now)
}

export function scheduleResource(schedule: Schedule, now: number): ScheduleResource {
  // Named one by one: a row also has what nobody else is to see.
  const { id, name, cron, timeZone, order, missedRuns, alertAfterSec, paused, lastOrderId, lastProblem, createdBy } =
    schedule
  return {
    id,
    name,
    cron,
    timeZone,
    order,
    missedRuns,
    alertAfterSec,
    paused,
    lastOrderId,
    lastProblem,
    createdBy,
    nextRunAt: isoOrNull(schedule.nextRunAt),
    lastRunAt: isoOrNull(schedule.lastRunAt),
    overdue: isOverdue(schedule, now),
    createdAt: isoTime(schedule.createdAt),
  }
}

/** Clocks of processes that share a database differ a little. */
const scheduleSkewMs = 60_000

export function isOverdue({ alertAfterSec, paused, lastRunAt, createdAt }: Schedule, now: number): boolean {
  if (alertAfterSec === null || paused) return false
  const since = lastRunAt ?? createdAt
  // Written by a clock that was ahead: nobody knows how long ago that was.
  return now - since > alertAfterSec * 1000 || since > now + scheduleSkewMs
}

export function auditEventResource({ seq, at, actor, action, subject, data, hash }: AuditEvent): AuditEventResource {
  return { seq, at: isoTime(at), actor, action, subject, hash, data: JSON.parse(data) as Record<string, unknown> }
}

export function auditFaultResource({ seq, fault, head }: FoundFault): AuditFaultResource {
  if (head === null) return { seq, fault, head }
  return { seq, fault, head: { seq: head.seq, at: head.at === null ? null : isoTime(head.at), from: head.from } }
}
