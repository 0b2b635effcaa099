import {
  type Advance,
  type AuditEvent,
  type ClaimRequest,
  type Decision,
  defaultTiming,
  type LeaseHolder,
  type Order,
  type OrderEvent,
  type OrderRequest,
  type OrderStatus,
  type OrderType,
  type Outcome,
  type Store,
  type Sweep,
} from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { expect, onTestFinished } from 'vitest'
import { aClaim, anAdvance, anOrder, approvedType, noon, onceType, readType } from '../testing/fixtures.ts'

/** A store made for one test, with what the test needs to close and open it again. */
export interface OpenedStore {
  store: Store
  /** Closes the store and opens the same storage again. */
  reopen(): Promise<Store>
  /** Runs a statement as somebody could who has the database: no trigger is in the way. */
  tamper(statement: string): Promise<void>
  /** Closes whatever is open and removes the storage. */
  destroy(): Promise<void>
}

export type OpenStore = () => Promise<OpenedStore>

/** An empty store that goes away with the test. */
export async function setup(open: OpenStore): Promise<OpenedStore> {
  const opened = await open()
  onTestFinished(() => opened.destroy())
  return opened
}

export const runnerId = 'runner-1'
export const { claimLeaseMs, runLeaseMs, staleGraceMs } = defaultTiming

/** Where an order stands and who holds it, to be given to the next call. */
export interface Held {
  order: Order
  by: LeaseHolder
}

export async function place(
  store: Store,
  request: Partial<OrderRequest> = {},
  type: OrderType = readType,
  now = noon,
): Promise<Order> {
  const order = anOrder(request.scope || request.serverId ? request : { runnerId, ...request }, type, now)
  const [placement] = await store.insertOrders([{ order, actor: 'admin-key', idempotency: null }])
  if (placement?.kind !== 'inserted') throw new Error(`not inserted: ${JSON.stringify(placement)}`)
  return placement.order
}

/** Claims what `runnerId` may claim next. */
export async function claimNext(store: Store, patch: Partial<ClaimRequest> = {}): Promise<Held> {
  const [order] = await store.claimOrders(aClaim(patch.runnerId ?? runnerId, patch))
  if (!order) throw new Error('there was nothing to claim')
  return { order, by: { runnerId: patch.runnerId ?? runnerId, lease: order.lease } }
}

export async function startNext(store: Store, patch: Partial<ClaimRequest> = {}): Promise<Held> {
  const held = await claimNext(store, patch)
  return {
    ...held,
    order: await moved(store, held.order.id, { kind: 'start', by: held.by }, { now: patch.now ?? noon }),
  }
}

export function completion(
  by: LeaseHolder,
  outcome: Outcome,
  retryable = false,
  digest = `digest-${outcome}`,
): OrderEvent {
  return { kind: 'complete', by, completion: { outcome, digest, retryable, reason: null } }
}

/** Applies an event that must be accepted and answers the order as stored. */
export async function moved(store: Store, id: string, event: OrderEvent, patch: Partial<Advance> = {}): Promise<Order> {
  const decision = await store.advanceOrder(anAdvance(id, event, patch))
  expect(decision?.kind, JSON.stringify(decision)).toBe('changed')
  return found(store, id)
}

export async function refusal(
  store: Store,
  id: string,
  event: OrderEvent,
  patch: Partial<Advance> = {},
): Promise<string> {
  const before = await store.findOrder(id)
  const decision: Decision | null = await store.advanceOrder(anAdvance(id, event, patch))
  expect(await store.findOrder(id), 'a refused event changes nothing').toEqual(before)
  return decision?.kind === 'refused' ? decision.refusal : `not refused: ${decision?.kind}`
}

export async function found(store: Store, id: string): Promise<Order> {
  const order = await store.findOrder(id)
  if (!order) throw new Error(`no order ${id}`)
  return order
}

/** A sweep of everything that is due, as the reconciler makes it. */
export function sweepAt(store: Store, now: number, patch: Partial<Sweep> = {}) {
  return store.sweepOrders({ now, limit: 100, random: 0.5, timing: defaultTiming, holdLeases: false, ...patch })
}

/** An order that came to rest in `status` at noon by the port's own verbs. It must be the only claimable one. */
export const bring: Record<OrderStatus, (store: Store, request?: Partial<OrderRequest>) => Promise<Order>> = {
  PENDING_APPROVAL: (store, request) => place(store, request, approvedType),
  QUEUED: (store, request) => place(store, request),
  async CLAIMED(store, request) {
    await place(store, request)
    return (await claimNext(store)).order
  },
  async RUNNING(store, request) {
    await place(store, request)
    return (await startNext(store)).order
  },
  async STALE(store, request) {
    const silentSince = noon - runLeaseMs
    await place(store, { timeoutSec: 3600, ...request }, readType, silentSince)
    const { order } = await startNext(store, { now: silentSince })
    await sweepAt(store, noon)
    return found(store, order.id)
  },
  SUCCEEDED: (store, request) => finished(store, 'succeeded', request),
  FAILED: (store, request) => finished(store, 'failed', request),
  TIMED_OUT: (store, request) => finished(store, 'timed_out', request),
  async CANCELED(store, request) {
    const { id } = await place(store, request)
    return moved(store, id, { kind: 'cancel', reason: null })
  },
  async REJECTED(store, request) {
    const { id } = await place(store, request, approvedType)
    return moved(store, id, { kind: 'reject', reason: 'no' })
  },
  async EXPIRED(store, request) {
    const { id } = await place(store, { ...request, expiresAt: noon })
    await sweepAt(store, noon)
    return found(store, id)
  },
  NEEDS_ATTENTION: (store, request) => finished(store, 'interrupted', request, onceType),
}

async function finished(
  store: Store,
  outcome: Outcome,
  request?: Partial<OrderRequest>,
  type: OrderType = readType,
): Promise<Order> {
  await place(store, request, type)
  const { order, by } = await startNext(store)
  return moved(store, order.id, completion(by, outcome))
}

export async function wholeAudit(store: Store): Promise<AuditEvent[]> {
  const events: AuditEvent[] = []
  for (;;) {
    const page = await store.listAudit({}, events.at(-1)?.seq ?? 0, 500)
    if (page.length === 0) return events
    events.push(...page)
  }
}

/** What a call was refused with; anything but an AppError fails the test. */
export async function refusedWith(work: Promise<unknown>): Promise<{ code: string; reason: string }> {
  const error: unknown = await work.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AppError)) throw new Error('expected an AppError', { cause: error })
  return { code: error.code, reason: error.reason }
}

/** Makes a list of `count` by calling `make` with 0, 1, 2 … */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
