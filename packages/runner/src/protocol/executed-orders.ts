import { grantSkewMs } from '@ikoma/api'
import { type Newest, newestWith, nothingExecuted } from '../order/grant-memory.ts'
import type { Head, JournalEntry } from './journal-entry.ts'

/** Some 3 MB. Beyond it the oldest orders are refused by their id, which tells when they were placed. */
const maxRemembered = 20_000

type Done = Omit<Extract<JournalEntry, { kind: 'DONE' }>, 'kind'>
type Issued = Pick<Extract<JournalEntry, { kind: 'INTENT' }>, 'issuedAt' | 'auditHead'>

/**
 * Which orders were executed, each with its highest attempt, for as long as it may be given again: until its expiry, by
 * the time that the control plane signed. This machine's clock makes nothing be forgotten.
 */
export class ExecutedOrders {
  readonly #orders = new Map<string, { attempt: number; until: number | null }>()
  #newest = nothingExecuted
  #floor = ''

  get mark(): number | null {
    return Number.isFinite(this.#newest.issuedAt) ? this.#newest.issuedAt : null
  }

  get floor(): string {
    return this.#floor
  }

  /** What was forgotten had expired by then: it counts as now, however far the clock is set back. */
  get newest(): Newest {
    return this.#newest
  }

  begin({ mark, floor, seq = null, floorSeq = null, auditHead }: Head): void {
    // A former version wrote where the audit stood last, not at most.
    if (mark !== null) this.#newest = { issuedAt: mark, seq: seq ?? auditHead?.seq ?? null, floorSeq }
    if (floor > this.#floor) this.#floor = floor
  }

  add({ orderId, attempt, until = null, issuedAt, auditHead = null }: Done & Issued): void {
    const id = orderId.toLowerCase()
    const before = this.#orders.get(id)
    const longer = before?.until === null || until === null ? null : Math.max(until, before?.until ?? 0)
    this.#orders.set(id, { attempt: Math.max(attempt, before?.attempt ?? 0), until: before ? longer : until })
    if (issuedAt !== undefined) this.#newest = newestWith(this.#newest, { issuedAt, auditHead })
    if (this.#orders.size > maxRemembered) this.#forget()
  }

  has(orderId: string, attempt: number): boolean {
    const id = orderId.toLowerCase()
    return id <= this.#floor || attempt <= (this.#orders.get(id)?.attempt ?? 0)
  }

  entries(): Done[] {
    this.#forget()
    return [...this.#orders].map(([orderId, { attempt, until }]) => ({ orderId, attempt, until }))
  }

  #forget(): void {
    const before = this.#newest.issuedAt - grantSkewMs
    for (const [id, { until }] of this.#orders) if (until !== null && until < before) this.#orders.delete(id)
    if (this.#orders.size <= maxRemembered) return
    const dropped = [...this.#orders.keys()].sort().slice(0, this.#orders.size - Math.floor((maxRemembered * 9) / 10))
    for (const id of dropped) this.#orders.delete(id)
    this.#floor = dropped.at(-1) ?? this.#floor
  }
}
