import {
  type Advance,
  type AuditEntry,
  type ClaimRequest,
  defaultTiming,
  type Order,
  type OrderRequest,
  type OrderType,
  placeOrder,
  type Runner,
  type Secret,
  type Server,
} from '@ikoma/domain'
import { newId } from '@ikoma/kernel'

/** A fixed moment, so that expectations can be written down. */
export const noon = Date.UTC(2026, 0, 15, 12)
/** What the tests' stores are opened with, and the tests' control planes seal with. */
export const sealKey: Uint8Array = new Uint8Array(32).fill(7)

export const readType: OrderType = {
  type: 'runner.selftest',
  requiredScope: null,
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
}

export const onceType: OrderType = { ...readType, type: 'shell.run', retryClass: 'once' }
export const approvedType: OrderType = { ...onceType, approval: true, risk: 'destructive' }

export function anOrder(request: Partial<OrderRequest> = {}, type: OrderType = readType, now = noon): Order {
  const whole: OrderRequest = {
    serverId: null,
    runnerId: null,
    scope: null,
    payload: {},
    priority: 0,
    runAt: null,
    expiresAt: null,
    timeoutSec: null,
    maxAttempts: null,
    dedupeKey: null,
    resourceKey: null,
    labels: {},
    dryRun: false,
    retryOf: null,
    ...request,
  }
  const runner = whole.serverId === null ? null : { ...aRunner({ scopes: ['*'] }), serverId: whole.serverId }
  return placeOrder(whole, type, { id: newId(), now, actor: 'admin-key', runner })
}

export function aRunner(patch: Partial<Runner> = {}): Runner {
  const id = patch.id ?? newId()
  return {
    id,
    name: 'Runner-01',
    scopes: ['platform.caddy'],
    labels: {},
    capabilities: { docker: true },
    concurrency: 10,
    disabled: false,
    reported: null,
    tokenHash: `hash-of-${id}`,
    previousTokenHash: null,
    previousTokenExpiresAt: null,
    publicKey: null,
    sealKey: null,
    runnerSealKey: null,
    version: null,
    lastSeenAt: null,
    instance: null,
    createdAt: noon,
    ...patch,
  }
}

export function aServer(patch: Partial<Server> = {}): Server {
  return {
    id: newId(),
    name: 'web-1',
    baseUrl: null,
    tags: [],
    metadata: {},
    runnerId: null,
    createdAt: noon,
    updatedAt: noon,
    ...patch,
  }
}

export function aSecret(patch: Partial<Secret> = {}): Secret {
  return {
    name: 'db-password',
    version: 1,
    servers: null,
    keyVersion: 1,
    nonce: 'AAAAAAAAAAAAAAAA',
    ciphertext: 'c2VhbGVk',
    createdAt: noon,
    createdBy: 'admin-key',
    updatedAt: noon,
    updatedBy: 'admin-key',
    ...patch,
  }
}

export function anEntry(action: string, subject: string): AuditEntry {
  return { at: noon, actor: 'admin-key', action, subject, data: {} }
}

export function aClaim(runnerId: string, patch: Partial<ClaimRequest> = {}): ClaimRequest {
  const max = patch.max ?? 1
  return {
    runnerId,
    targets: [`runner:${runnerId}`],
    types: [readType.type, onceType.type],
    max,
    concurrency: 100,
    leases: Array.from({ length: max }, () => newId()),
    now: noon,
    timing: defaultTiming,
    ...patch,
  }
}

export function anAdvance(orderId: string, event: Advance['event'], patch: Partial<Advance> = {}): Advance {
  return { orderId, event, actor: 'admin-key', now: noon, random: 0.5, timing: defaultTiming, ...patch }
}
