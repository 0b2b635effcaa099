import type {
  AuditEventResource,
  LogLineResource,
  OrderEventResource,
  OrderResource,
  Progress,
  RunnerResource,
  ScheduleResource,
  ServerResource,
  TokenResource,
} from '@ikoma/api'
import {
  type ApiToken,
  type AttachedRunner,
  type AuditEvent,
  boundScope,
  type LogChunk,
  type Order,
  type OrderState,
  runnerStatus,
  type Schedule,
  type Server,
} from '@ikoma/domain'

export function isoTime(time: number): string {
  return new Date(time).toISOString()
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time)
}

export function orderResource(order: Order): OrderResource {
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
    payload: order.payload,
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
    report: order.report,
  }
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

export function serverResource({ createdAt, updatedAt, ...server }: Server): ServerResource {
  return { ...server, createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) }
}

/** A runner as the API shows it, without its token's hash. */
export function runnerResource(runner: AttachedRunner, now: number): RunnerResource {
  return {
    id: runner.id,
    name: runner.name,
    status: runnerStatus(runner, now),
    scopes: runner.scopes,
    labels: runner.labels,
    capabilities: runner.capabilities,
    concurrency: runner.concurrency,
    serverId: runner.serverId,
    enrolled: runner.publicKey !== null,
    opensSecrets: runner.sealKey !== null,
    version: runner.version,
    lastSeenAt: isoOrNull(runner.lastSeenAt),
    createdAt: isoTime(runner.createdAt),
  }
}

export function tokenResource(token: ApiToken, now: number): TokenResource {
  const { id, name, role, createdBy, createdAt, expiresAt } = token
  return {
    id,
    name,
    role,
    createdBy,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    expired: expiresAt <= now,
  }
}

export function scheduleResource(schedule: Schedule, now: number): ScheduleResource {
  return {
    ...schedule,
    nextRunAt: isoOrNull(schedule.nextRunAt),
    lastRunAt: isoOrNull(schedule.lastRunAt),
    overdue: isOverdue(schedule, now),
    createdAt: isoTime(schedule.createdAt),
  }
}

export function isOverdue({ alertAfterSec, paused, lastRunAt, createdAt }: Schedule, now: number): boolean {
  if (alertAfterSec === null || paused) return false
  return now - (lastRunAt ?? createdAt) > alertAfterSec * 1000
}

export function auditEventResource(event: AuditEvent): AuditEventResource {
  return { ...event, at: isoTime(event.at), data: JSON.parse(event.data) as Record<string, unknown> }
}
