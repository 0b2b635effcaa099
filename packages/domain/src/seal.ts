import type { ApiToken } from './access.ts'
import type { Order } from './order.ts'
import type { Schedule } from './schedule.ts'

// Each text begins with what it is, so that no seal can stand for another.

/** The form that is written now. Form 0 is of the first version; it and form 1, of the one before this, say no number. */
const presentForm = '2'

/** Why a row cannot be taken as it is: it was changed behind our back, or a newer version has written it. */
export type RowFault = 'broken' | 'newer'

/** A seal with the form that it is of. */
export function inForm(mac: string): string {
  return `${presentForm}.${mac}`
}

/** The bare seal of a text in the present form; null for any other. */
export function macOf(seal: string): string | null {
  return seal.startsWith(`${presentForm}.`) ? seal.slice(presentForm.length + 1) : null
}

/** Whether a version after this one has sealed it. Base64url has no dot. */
export function isNewerForm(seal: string): boolean {
  const [, form] = /^(\d+)\./.exec(seal) ?? []
  return form !== undefined && Number(form) > Number(presentForm)
}

/** Everything of an order that is fixed at placement. When it runs and expires, a retry may move: its row's seal has it. */
export function placementBytes(order: Order): Uint8Array {
  const { id, type, target, serverId, payload, timeoutSec, retryClass, maxAttempts, dryRun, risk, priority } = order
  const { labels, resourceKey, dedupeKey, retryOf, answerable, createdAt, createdBy } = order
  const what = [id, type, target, serverId, payload, timeoutSec, retryClass, maxAttempts, dryRun, risk, priority]
  return bytes('placement', ...what, sorted(labels), resourceKey, dedupeKey, retryOf, answerable, createdAt, createdBy)
}

/** What form 1 sealed of an order. */
export function orderBytes(order: Omit<Order, 'seal'>): Uint8Array {
  return bytes('order', ...placedParts(order))
}

/** What form 0 sealed of an order. */
export function firstOrderBytes(order: Omit<Order, 'seal'>): Uint8Array {
  return bytes(...placedParts(order))
}

function placedParts(order: Omit<Order, 'seal'>): unknown[] {
  const { id, type, target, payload, timeoutSec, retryClass, dryRun, createdAt, createdBy } = order
  return [id, type, target, payload, timeoutSec, retryClass, dryRun, createdAt, createdBy]
}

/** That this person approved this order, as it was placed. */
export function approvalBytes({ seal }: Pick<Order, 'seal'>, approver: string): Uint8Array {
  return bytes('approval', seal, approver)
}

/** A token with all that it allows. */
export function tokenBytes(token: Omit<ApiToken, 'seal'>): Uint8Array {
  const { id, name, role, tokenHash, createdBy, createdAt, expiresAt } = token
  return bytes('token', id, name, role, tokenHash, createdBy, createdAt, expiresAt)
}

/** What a schedule places, and who answers for it. */
export function scheduleBytes({ id, order, createdBy }: Pick<Schedule, 'id' | 'order' | 'createdBy'>): Uint8Array {
  return bytes('schedule', id, order, createdBy)
}

/**
 * A row of a table as it is now. A column that is null is left out, so that one that a later version adds leaves what was
 * sealed before as it is.
 */
export function rowText(table: string, names: readonly string[], row: object): string {
  const values = row as Record<string, unknown>
  const parts: unknown[] = ['row', table]
  for (const name of names) {
    const value = values[name] ?? null
    if (value !== null) parts.push(name, isLabels(value) ? sorted(value) : value)
  }
  return JSON.stringify(parts)
}

function isLabels(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** PostgreSQL's jsonb keeps no order of keys. */
function sorted(object: Record<string, unknown>): unknown[] {
  return ['{}', ...Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))]
}

function bytes(...parts: unknown[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(parts))
}
