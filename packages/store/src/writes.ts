import type { Store } from '@ikoma/domain'

/** The methods of the port that change something: they go through the group commit, in this order of arrival. */
export const writeVerbs = [
  'insertOrders',
  'claimOrders',
  'advanceOrder',
  'sweepOrders',
  'releaseOrders',
  'appendLog',
  'pruneIdempotency',
  'pruneOrders',
  'insertServer',
  'updateServer',
  'deleteServer',
  'insertRunner',
  'updateRunner',
  'deleteRunner',
  'touchRunners',
  'insertEnrolment',
  'redeemEnrolment',
  'revokeEnrolment',
  'insertToken',
  'deleteToken',
  'insertSchedule',
  'updateSchedule',
  'deleteSchedule',
  'advanceSchedule',
  'putSecret',
  'deleteSecret',
  'moveSecrets',
  'holdLeadership',
  'recordAudit',
] as const satisfies (keyof Store)[]

export type WriteVerb = (typeof writeVerbs)[number]
export type WriteArgs<V extends WriteVerb> = Parameters<Store[V]>
export type WriteResult<V extends WriteVerb> = Awaited<ReturnType<Store[V]>>

export type WriteCall = { [V in WriteVerb]: { verb: V; args: WriteArgs<V> } }[WriteVerb]

/** The write half of the port, each method submitting itself. */
export function submitting(submit: (call: WriteCall) => Promise<unknown>): Pick<Store, WriteVerb> {
  const methods = writeVerbs.map((verb) => [verb, (...args: unknown[]) => submit({ verb, args } as WriteCall)])
  return Object.fromEntries(methods) as Pick<Store, WriteVerb>
}
