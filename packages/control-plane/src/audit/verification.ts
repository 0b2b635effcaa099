import type { AuditEvent, AuditHead, Store } from '@ikoma/domain'
import { type AuditFaultKind, type AuditReach, type AuditRule, AuditWalk, isKeyed } from '@ikoma/domain/audit-chain'
import type { HeadAt } from './signed-head.ts'

const pageSize = 1000
const maxFaults = 100

/** An end of the audit as somebody else knows it. */
export interface KnownHead extends AuditHead {
  at: HeadAt['at'] | null
  from: 'given' | 'archive' | 'memory' | 'database' | 'keys'
}

export interface FoundFault {
  seq: number
  fault: AuditFaultKind | 'head_forged'
  head: KnownHead | null
}

export interface Verifying {
  store: Store
  rule: AuditRule
  heads: readonly KnownHead[]
  stopping: AbortSignal
}

export interface Verified {
  reached: AuditReach
  faults: FoundFault[]
  /** How many heads were met on the way. */
  compared: number
  /** Nothing is left to look at, or enough was found. */
  done: boolean
}

/**
 * Looks at up to `max` entries behind `from`: each against the chain and the key, and against what is known of it
 * elsewhere. Page by page, so that memory stays flat and other requests come in between.
 *
 * The walk over the rows of the other tables belongs behind `done`, as further steps with a place of their own.
 */
export async function verifyStep(verifying: Verifying, from: AuditReach | undefined, max: number): Promise<Verified> {
  const { store, stopping, rule } = verifying
  // After the other heads: what they know was committed before.
  const promised: KnownHead = { ...(await store.auditHead()), at: null, from: 'database' }
  const step = new Step(new AuditWalk(rule, from), [...verifying.heads, promised], rule)
  const last = Math.min(promised.seq, step.reached.seq + max)
  while (step.reached.seq < last && !step.full) {
    if (stopping.aborted) return step.result(false)
    const events = await store.listAudit({}, step.reached.seq, Math.min(pageSize, last - step.reached.seq))
    if (events.length === 0) break
    for (const event of events) step.take(event)
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Whole up to where this step was to go, and more is there.
  if (!step.full && last < promised.seq && step.reached.seq >= last) return step.result(false)
  step.end()
  if (!step.full) await refuseBeyond(step, store)
  return step.result(true)
}

/** Behind the end that the database names there may be what was committed meanwhile, and nothing else. */
async function refuseBeyond(step: Step, store: Store): Promise<void> {
  const [beyond] = await store.listAudit({}, step.reached.seq, 1)
  const head = beyond && (await store.auditHead())
  if (head && head.seq < beyond.seq)
    step.add({ seq: beyond.seq, fault: 'head_differs', head: { ...head, at: null, from: 'database' } })
}

class Step {
  readonly #walk: AuditWalk
  readonly #rule: AuditRule
  readonly #heads = new Map<number, KnownHead[]>()
  readonly #faults: FoundFault[] = []
  #highest: KnownHead | null = null
  #compared = 0

  constructor(walk: AuditWalk, heads: readonly KnownHead[], rule: AuditRule) {
    this.#walk = walk
    this.#rule = rule
    for (const head of heads) {
      if (head.seq <= walk.reached.seq) continue
      this.#heads.set(head.seq, [...(this.#heads.get(head.seq) ?? []), head])
      if (head.seq > (this.#highest?.seq ?? 0)) this.#highest = head
    }
  }

  get reached(): AuditReach {
    return this.#walk.reached
  }

  get full(): boolean {
    return this.#faults.length >= maxFaults
  }

  take(event: AuditEvent): void {
    for (const fault of this.#walk.next(event)) this.#faults.push({ ...fault, head: null })
    const heads = this.#heads.get(event.seq) ?? []
    this.#compared += heads.length
    const other = heads.find(({ hash }) => hash !== event.hash)
    if (!other) return
    const { key } = this.#rule
    const ours = key !== null && isKeyed(event, key)
    this.#faults.push({ seq: event.seq, fault: ours ? 'forked' : 'head_differs', head: other })
  }

  add(fault: FoundFault): void {
    this.#faults.push(fault)
  }

  /** The chain ends here: whoever knows more of it knows what was cut off. */
  end(): void {
    if (this.full) return
    const { seq } = this.reached
    if (this.#highest && this.#highest.seq > seq) {
      this.#compared += 1
      this.#faults.push({ seq: seq + 1, fault: 'truncated', head: this.#highest })
    } else if (this.#rule.keyedFrom - 1 > seq) {
      const head: KnownHead = { seq: this.#rule.keyedFrom - 1, hash: '', at: null, from: 'keys' }
      this.#faults.push({ seq: seq + 1, fault: 'truncated', head })
    }
  }

  result(done: boolean): Verified {
    return { reached: this.reached, faults: this.#faults.slice(0, maxFaults), compared: this.#compared, done }
  }
}
