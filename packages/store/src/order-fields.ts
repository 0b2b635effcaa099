import { createHash } from 'node:crypto'
import type { Decision, Order, OrderState } from '@ikoma/domain'

/** What an event may change. */
export const mutableNames = [
  'status',
  'statusReason',
  'runnerId',
  'attempt',
  'lostClaims',
  'lease',
  'leaseExpiresAt',
  'runAt',
  'expiresAt',
  'wait',
  'cancelRequestedAt',
  'claimedAt',
  'startedAt',
  'heartbeatAt',
  'completedAt',
  'finishedLease',
  'finishedDigest',
  'approval',
  'dueAt',
] as const satisfies (keyof OrderState)[]

/** What the rules read. */
export const stateNames = [
  'id',
  'type',
  'target',
  'serverId',
  'retryClass',
  'maxAttempts',
  'timeoutSec',
  'resourceKey',
  ...mutableNames,
] as const satisfies (keyof OrderState)[]

/** What seals a row beside what the rules read. */
export interface OrderSeals {
  seal: string
  placementSeal: string
  /** Of the report's text: the report itself stays on disk. */
  reportDigest: string | null
  rowSeal: string
}

export const sealNames = ['seal', 'placementSeal', 'reportDigest', 'rowSeal'] as const satisfies (keyof OrderSeals)[]

/** An order as the rules read it, in the store. */
export type StoredState = OrderState & OrderSeals

/** An order with all its columns. */
export type StoredOrder = Order & OrderSeals

export function reportDigest(report: Record<string, unknown>): string {
  return createHash('sha256').update(JSON.stringify(report)).digest('base64url')
}

/** Rows that a newer version sealed are left alone. */
export const ours = "substr(row_seal, 1, 2) in ('', '2.')"

/** An order as the port shows it. */
export function withoutSeals(order: StoredOrder): Order {
  const { reportDigest: _digest, rowSeal: _rowSeal, ...shown } = order
  return shown
}

/** A decision as the port answers it. */
export function shownDecision(decision: Decision): Decision {
  const { reportDigest: _digest, rowSeal: _rowSeal, ...order } = decision.order as StoredState
  return { ...decision, order }
}
