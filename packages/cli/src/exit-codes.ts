import type { OrderStatus } from '@ikoma/domain'
import type { ErrorCode } from '@ikoma/kernel'

export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  planHasChanges: 3,
  auth: 4,
  refused: 5,
  unknownOutcome: 6,
  interrupted: 130,
} as const

export const exitCodeOfError: Record<ErrorCode, number> = {
  invalid: exitCodes.usage,
  unauthorized: exitCodes.auth,
  forbidden: exitCodes.refused,
  not_found: exitCodes.failure,
  conflict: exitCodes.refused,
  unprocessable: exitCodes.refused,
  too_large: exitCodes.refused,
  unsupported: exitCodes.refused,
  upgrade_required: exitCodes.refused,
  rate_limited: exitCodes.failure,
  unavailable: exitCodes.failure,
  internal: exitCodes.failure,
}

const codeOfStatus: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported',
  422: 'unprocessable',
  426: 'upgrade_required',
  429: 'rate_limited',
  503: 'unavailable',
}

export function exitCodeOfProblem(status: number): number {
  return exitCodeOfError[codeOfStatus[status] ?? 'internal']
}

/** How a command that waited for an order ends; a live status means that the outcome is not known yet. */
export const exitCodeOfOrder: Record<OrderStatus, number> = {
  SUCCEEDED: exitCodes.ok,
  FAILED: exitCodes.failure,
  CANCELED: exitCodes.failure,
  REJECTED: exitCodes.refused,
  EXPIRED: exitCodes.unknownOutcome,
  TIMED_OUT: exitCodes.unknownOutcome,
  NEEDS_ATTENTION: exitCodes.unknownOutcome,
  STALE: exitCodes.unknownOutcome,
  PENDING_APPROVAL: exitCodes.unknownOutcome,
  QUEUED: exitCodes.unknownOutcome,
  CLAIMED: exitCodes.unknownOutcome,
  RUNNING: exitCodes.unknownOutcome,
}
