import { grantSkewMs } from '@ikoma/api'
import type { Head, JournalEntry } from './journal-entry.ts'

/** Some 3 MB. Beyond it the oldest orders are refused by their id, which tells when they were placed. */
const maxRemembered = 20_000

type Done = Omit<Extract<JournalEntry, { kind: 'DONE' }>, 'kind'>

/**
 * Which orders were executed, each with its highest attempt, for as long as it may be given again: until its expiry, by
 * the time that the control plane signed. This machine's clock makes nothing be forgotten.
 */
export class ExecutedOrders {
  readonly #orders = new Map<string, { attempt: number; until: number | null }>()
  #mark = Number.NEGATIVE_INFINITY
  #floor = ''

  get mark(): number | null {
    return Number.isFinite(this.#mark) ? this.#mark : null
  }

  get floor(): string {
    return this.#floor
  }

  /** What was forgotten had expired by then: it counts as now, however far the clock is set back. */
  get notBefore(): number {
    return this.#mark - grantSkewMs
  }

  begin({ mark, floor }: Head): void {
    this.#mark = Math.max(this.#mark, mark ?? Number.NEGATIVE_INFINITY)
    if (floor > this.#floor) this.#floor = floor
  }

  add({ orderId, attempt, until = null, issuedAt }: Done & { issuedAt?: number | undefined }): void {
    const id = orderId.toLowerCase()
    const before = this.#orders.get(id)
    const longer = before?.until === null || until === null ? null : Math.max(until, before?.until ?? 0)
    this.#orders.set(id, { attempt: Math.max(attempt, before?.attempt ?? 0), until: before ? longer : until })
    this.#mark = Math.max(this.#mark, issuedAt ?? Number.NEGATIVE_INFINITY)
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
    for (const [id, { until }] of this.#orders) if (until !== null && until < this.notBefore) this.#orders.delete(id)
    if (this.#orders.size <= maxRemembered) return
    const dropped = [...this.#orders.keys()].sort().slice(0, this.#orders.size - Math.floor((maxRemembered * 9) / 10))
    for (const id of dropped) this.#orders.delete(id)
    this.#floor = dropped.at(-1) ?? this.#floor
  }
}
