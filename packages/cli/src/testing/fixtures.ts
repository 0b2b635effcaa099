import type { LogLineResource, OrderResource, RunnerResource, ServerResource } from '@ikoma/api'

export const orderId = '01990000-0000-7000-8000-0000a7f3c1b9'
export const runnerId = '01990000-0000-7000-8000-00004fd21a7c'
export const serverId = '01990000-0000-7000-8000-0000513e77e2'

/** Noon, and seconds after it. */
export function noon(seconds = 0): string {
  return new Date(Date.UTC(2026, 10, 20, 12) + seconds * 1000).toISOString()
}

export function anOrder(changes: Partial<OrderResource> = {}): OrderResource {
  return {
    id: orderId,
    type: 'runner.selftest',
    status: 'QUEUED',
    statusReason: null,
    serverId: null,
    runnerId,
    scope: null,
    risk: 'read',
    retryClass: 'idempotent',
    payload: {},
    priority: 0,
    attempt: 0,
    lostClaims: 0,
    maxAttempts: 3,
    timeoutSec: 60,
    dedupeKey: null,
    resourceKey: null,
    labels: {},
    dryRun: false,
    retryOf: null,
    createdBy: 'admin-key',
    createdAt: noon(1),
    runAt: noon(1),
    expiresAt: null,
    claimedAt: null,
    startedAt: null,
    heartbeatAt: null,
    cancelRequestedAt: null,
    completedAt: null,
    heldUntil: null,
    report: null,
    ...changes,
  }
}

export const claimed = anOrder({ status: 'CLAIMED', attempt: 1, claimedAt: noon(1.2) })
export const running = anOrder({ ...claimed, status: 'RUNNING', startedAt: noon(1.3) })
export const succeeded = anOrder({
  ...running,
  status: 'SUCCEEDED',
  completedAt: noon(2.1),
  report: { version: 'v2', ok: true, summary: '9 checks passed, 1 warning', outcome: 'succeeded' },
})

export function aLine(text: string, changes: Partial<LogLineResource> = {}): LogLineResource {
  return { at: noon(1.5), attempt: 1, stream: 'runner', text, ...changes }
}

export function aRunner(changes: Partial<RunnerResource> = {}): RunnerResource {
  return {
    id: runnerId,
    name: 'local-runner',
    status: 'ONLINE',
    scopes: ['runner', 'system'],
    opensSecrets: true,
    labels: {},
    capabilities: {},
    concurrency: 4,
    serverId: null,
    enrolled: true,
    protocol: 2,
    tooOld: false,
    cloned: null,
    clockSkewMs: 12,
    draining: null,
    rotation: null,
    refused: null,
    version: '0.1.0',
    lastSeenAt: noon(),
    createdAt: noon(-3600),
    ...changes,
  }
}

export function aServer(changes: Partial<ServerResource> = {}): ServerResource {
  return {
    id: serverId,
    name: 'web-1',
    baseUrl: null,
    tags: ['production'],
    metadata: {},
    runnerId: null,
    createdAt: noon(-86_400),
    updatedAt: noon(-86_400),
    ...changes,
  }
}

export function page<T>(items: T[], next: string | null = null) {
  return { items, next }
}
