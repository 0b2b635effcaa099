import {
  type Advance,
  advance,
  type ClaimRequest,
  isTerminal,
  liveStatuses,
  type Order,
  type OrderEvent,
  type OrderState,
  type OrderStatus,
  type OrderTiming,
  type Store,
} from '@ikoma/domain'
import { PossibleRun } from '@ikoma/domain/testing/possible-run'
import { newId } from '@ikoma/kernel'
import { expect } from 'vitest'
import { anOrder, approvedType, noon, onceType, readType } from '../testing/fixtures.ts'
import type { Act, Speaker } from './order-acts.ts'
import { times } from './world.ts'

const timing: OrderTiming = {
  claimLeaseMs: 1000,
  runLeaseMs: 2000,
  timeoutGraceMs: 500,
  staleGraceMs: 1500,
  stopGraceMs: 4000,
  retry: { baseMs: 800, capMs: 5000 },
  maxLostClaims: 2,
}

const meantFor: Record<Extract<Act, { order: number }>['do'], readonly OrderStatus[]> = {
  start: ['CLAIMED'],
  heartbeat: ['RUNNING', 'STALE'],
  complete: ['RUNNING', 'STALE', 'NEEDS_ATTENTION'],
  cancel: liveStatuses,
  approve: ['PENDING_APPROVAL'],
  reject: ['PENDING_APPROVAL'],
  settle: ['STALE', 'NEEDS_ATTENTION'],
}

const types = [readType, onceType, approvedType]
const random = 0.7

/** A store and what its orders should be. Every call is made on both and must be answered alike. */
export class MirroredStore {
  readonly #store: Store
  readonly #scope = newId()
  /** In order of placement. */
  readonly #orders: OrderState[] = []
  readonly #priorities = new Map<string, number>()
  readonly #leases = new Map<string, string[]>()
  readonly #pruned = new Set<string>()
  readonly #runs = new Map<string, PossibleRun>()
  #now = noon

  constructor(store: Store) {
    this.#store = store
  }

  async act(act: Act): Promise<void> {
    await this.#perform(act)
    this.#expectKeysHeld()
  }

  async #perform(act: Act): Promise<void> {
    switch (act.do) {
      case 'place':
        return this.#place(act)
      case 'claim':
        return this.#claim(act)
      case 'wait':
        this.#now += act.ms
        return
      case 'sweep':
        return this.#sweep(act.holdLeases)
      case 'release':
        return this.#release()
      case 'prune':
        return this.#prune(act.keepMs)
      default: {
        const order = this.#choose(act)
        return order && this.#advance(order, this.#eventOf(act, order))
      }
    }
  }

  async compare(): Promise<void> {
    const found = await Promise.all(this.#orders.map(({ id }) => this.#store.findOrder(id)))
    expect(found).toMatchObject(this.#orders.map((order) => (this.#pruned.has(order.id) ? null : order)))
    for (const holders of Map.groupBy(this.#orders.filter(isInTurn), ({ resourceKey }) => resourceKey).values()) {
      expect(holders, 'orders sharing a resource key overlap').toHaveLength(1)
    }
  }

  /** Nobody else may be given the resource key of an order that somebody may still be at. */
  #expectKeysHeld(): void {
    const mayRun = this.#orders.filter(({ id }) => this.#runs.get(id)?.mayRunAt(this.#now))
    for (const order of mayRun.filter(({ resourceKey }) => resourceKey !== null)) {
      expect(isInTurn(order), `its key is free, and it may run: ${JSON.stringify(order)}`).toBe(true)
    }
  }

  /** Ends every order, and answers them. */
  async end(): Promise<OrderState[]> {
    for (const { id } of this.#orders.filter(isLive)) {
      await this.#advance(this.#get(id), { kind: 'cancel', reason: null })
      const order = this.#get(id)
      if (isLive(order)) await this.#advance(order, ending(order))
    }
    expect(this.#orders.filter(isLive)).toEqual([])
    return this.#orders
  }

  /** After a failure the mirror may be wrong: the next run must not meet what is left of this one. */
  async abandon(): Promise<void> {
    for (const { id } of this.#orders) {
      const order = await this.#store.findOrder(id)
      if (!order || !isLive(order)) continue
      await this.#store.advanceOrder(this.#request(order, { kind: 'cancel', reason: null }))
      await this.#store.advanceOrder(this.#request(order, ending(order)))
    }
  }

  async #place({ type, maxAttempts, key, delayMs, lifeMs, priority }: Extract<Act, { do: 'place' }>): Promise<void> {
    const request = {
      scope: this.#scope,
      maxAttempts,
      resourceKey: key && `${this.#scope}-${key}`,
      runAt: this.#now + delayMs,
      expiresAt: lifeMs && this.#now + lifeMs,
      timeoutSec: 3,
      priority,
    }
    const order = anOrder(request, types[type], this.#now)
    const placements = await this.#store.insertOrders([{ order, actor: 'admin-key', idempotency: null }])
    this.#orders.push(stateOf(order))
    this.#priorities.set(order.id, priority)
    this.#leases.set(order.id, [])
    this.#takeTurns()
    expect(placements).toEqual([{ kind: 'inserted', order: { ...order, ...this.#get(order.id) } }])
  }

  async #claim({ runner, max }: Extract<Act, { do: 'claim' }>): Promise<void> {
    const runnerId = `${this.#scope}-${runner}`
    const held = this.#orders.filter(
      (order) => order.runnerId === runnerId && ['CLAIMED', 'RUNNING'].includes(order.status),
    )
    const claim: ClaimRequest = {
      runnerId,
      targets: [`scope:${this.#scope}`],
      types: types.map(({ type }) => type),
      max,
      concurrency: 2,
      leases: times(max, () => newId()),
      now: this.#now,
      timing,
    }
    const expected = this.#claimable()
      .slice(0, Math.min(max, 2 - held.length))
      .map((order) => advance(order, { kind: 'claim', runnerId, lease: '' }, this.#circumstance()))
      .filter(({ kind }) => kind === 'changed')
      .map(({ order }, index) => ({ ...order, lease: claim.leases[index] ?? null }))
    const claimed = await this.#store.claimOrders(claim)
    expect(claimed.map(stateOf)).toEqual(expected)
    for (const order of expected) {
      this.#leases.get(order.id)?.push(order.lease ?? '')
      this.#set(order)
    }
  }

  #claimable(): OrderState[] {
    const timely = ({ expiresAt }: OrderState) => expiresAt === null || expiresAt > this.#now
    const waiting = this.#orders.filter((order) => order.status === 'QUEUED' && order.wait === null && timely(order))
    const priority = ({ id }: OrderState) => this.#priorities.get(id) ?? 0
    return waiting.sort((a, b) => priority(b) - priority(a))
  }

  async #advance(order: OrderState, event: OrderEvent): Promise<void> {
    const decision = await this.#store.advanceOrder(this.#request(order, event))
    if (this.#pruned.has(order.id)) return expect(decision, 'it is gone').toBeNull()
    const expected = advance(order, event, this.#circumstance())
    expect(decision, event.kind).toMatchObject(expected)
    const run = this.#runs.get(order.id) ?? new PossibleRun(timing)
    run.meet(order, event, expected, this.#now)
    this.#runs.set(order.id, run)
    this.#set(expected.order)
  }

  /** One order at a time, so that each meets the same random number; in the end the sequence does not matter. */
  async #sweep(holdLeases: boolean): Promise<void> {
    const counted: Record<string, number> = {}
    for (;;) {
      const sweep = { now: this.#now, limit: 1, random, timing, holdLeases }
      const { seen, actions } = await this.#store.sweepOrders(sweep)
      if (seen === 0) break
      for (const [action, count] of Object.entries(actions)) counted[action] = (counted[action] ?? 0) + count
    }
    expect(counted).toEqual(this.#sweepMirror(holdLeases))
  }

  #sweepMirror(holdLeases: boolean): Record<string, number> {
    const actions: Record<string, number> = {}
    const due = (order: OrderState) =>
      order.dueAt !== null && order.dueAt <= this.#now && !(holdLeases && ['CLAIMED', 'RUNNING'].includes(order.status))
    for (let order = this.#orders.find(due); order; order = this.#orders.find(due)) {
      const decision = advance(order, { kind: 'sweep' }, this.#circumstance())
      if (decision.kind !== 'changed') throw new Error(`swept for ever: ${JSON.stringify(order)}`)
      for (const { action } of decision.steps) actions[action] = (actions[action] ?? 0) + 1
      this.#set(decision.order)
    }
    return actions
  }

  async #release(): Promise<void> {
    const ready = this.#orders.filter(
      ({ status, wait, runAt }) => status === 'QUEUED' && wait === 'time' && runAt <= this.#now,
    )
    expect(await this.#store.releaseOrders(this.#now, 100)).toBe(ready.length)
    for (const order of ready) {
      const keepsTurn = order.resourceKey === null || order.attempt > 0
      this.#set({ ...order, wait: keepsTurn ? null : 'resource' }, false)
    }
    this.#takeTurns()
  }

  /** Offers every order; only those that ended long enough ago may go. */
  async #prune(keepMs: number): Promise<void> {
    const endedBefore = this.#now - keepMs
    const left = this.#orders.filter(({ id }) => !this.#pruned.has(id))
    const ended = left.filter(({ status, completedAt }) => isTerminal(status) && (completedAt ?? 0) < endedBefore)
    const ids = this.#orders.map(({ id }) => id)
    expect(await this.#store.pruneOrders({ ids, endedBefore, archive: null, now: this.#now })).toBe(ended.length)
    for (const { id } of ended) this.#pruned.add(id)
  }

  /** Who has waited longest on a resource key that nobody holds may be claimed. */
  #takeTurns(): void {
    const waiting = Map.groupBy(
      this.#orders.filter(({ wait }) => wait === 'resource'),
      ({ resourceKey }) => resourceKey,
    )
    for (const [key, [first]] of waiting) {
      const taken = this.#orders.some((order) => order.resourceKey === key && isInTurn(order))
      if (first && !taken && first.status === 'QUEUED') this.#set({ ...first, wait: null }, false)
    }
  }

  /** Mostly an order that the act is meant for; a former holder or a stranger may speak to any. */
  #choose(act: Extract<Act, { order: number }>): OrderState | undefined {
    const meant = this.#orders.filter(({ status }) => meantFor[act.do].includes(status))
    const choice = meant.length > 0 && !('by' in act && act.by !== 'holder') ? meant : this.#orders
    return choice[act.order % choice.length]
  }

  #eventOf(act: Extract<Act, { order: number }>, order: OrderState): OrderEvent {
    if (act.do === 'approve') return { kind: 'approve', approval: 'ana' }
    if (act.do === 'cancel' || act.do === 'reject') return { kind: act.do, reason: 'why' }
    if (act.do === 'settle') return { kind: 'settle', verdict: act.verdict, reason: 'seen' }
    const by = this.#holder(order, act.by)
    if (act.do !== 'complete') return { kind: act.do, by }
    const { outcome, retryable, digest } = act
    return { kind: 'complete', by, completion: { outcome, retryable, digest, reason: null } }
  }

  #holder({ id, lease, runnerId }: OrderState, by: Speaker) {
    const holder = runnerId ?? `${this.#scope}-0`
    const former = this.#leases.get(id)?.findLast((each) => each !== lease) ?? 'never given'
    if (by === 'stranger') return { runnerId: 'another', lease }
    if (by === 'curl') return { runnerId: holder, lease: null }
    return { runnerId: holder, lease: by === 'holder' && lease !== null ? lease : former }
  }

  #request(order: OrderState, event: OrderEvent): Advance {
    return { orderId: order.id, event, actor: 'admin-key', ...this.#circumstance() }
  }

  #circumstance() {
    return { now: this.#now, random, timing }
  }

  #get(id: string): OrderState {
    const order = this.#orders.find((each) => each.id === id)
    if (!order) throw new Error(`no order ${id}`)
    return order
  }

  #set(order: OrderState, takeTurns = true): void {
    this.#orders[this.#orders.findIndex(({ id }) => id === order.id)] = order
    if (takeTurns) this.#takeTurns()
  }
}

function isLive({ status }: OrderState): boolean {
  return !isTerminal(status)
}

/** It may be claimed, is claimed, or will be again: nobody else may hold its resource key. */
function isInTurn({ resourceKey, status, wait, attempt }: OrderState): boolean {
  if (resourceKey === null) return false
  if (status === 'QUEUED') return wait === null || (wait === 'time' && attempt > 0)
  return ['CLAIMED', 'RUNNING', 'STALE'].includes(status)
}

function ending({ runnerId, lease }: OrderState): OrderEvent {
  const completion = { outcome: 'canceled', digest: 'end', retryable: false, reason: null } as const
  return { kind: 'complete', by: { runnerId: runnerId ?? '', lease }, completion }
}

function stateOf(order: Order): OrderState {
  const { payload: _payload, labels: _labels, risk: _risk, priority: _priority, dryRun: _dryRun, ...narrow } = order
  const {
    dedupeKey: _key,
    retryOf: _of,
    createdAt: _at,
    createdBy: _by,
    seal: _seal,
    placementSeal: _placementSeal,
    answerable: _answerable,
    report: _report,
    ...state
  } = narrow
  return state
}
