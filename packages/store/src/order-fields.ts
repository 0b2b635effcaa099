import type { OrderState } from '@ikoma/domain'

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
