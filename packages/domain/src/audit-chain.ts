import { createHmac, hash as digest, hkdfSync, timingSafeEqual } from 'node:crypto'
import { type AuditEntry, type AuditEvent, type AuditHead, auditGenesis } from './audit.ts'

/** The key that events are marked with, from the one that seals the control plane's rows. */
export function auditKeyOf(sealKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', sealKey, '', 'audit', 32))
}

/** Links entries to the end of a chain, in order. Without a key they are as a former version would write them. */
export function linkAudit(
  head: AuditHead,
  entries: readonly AuditEntry[],
  key: Uint8Array | null = null,
): AuditEvent[] {
  const events: AuditEvent[] = []
  let { seq, hash } = head
  for (const entry of entries) {
    seq += 1
    const event = { ...entry, seq, data: JSON.stringify(entry.data) }
    hash = hashEvent(hash, event)
    events.push({ ...event, hash, mac: key === null ? '' : macOf({ seq, hash }, key) })
  }
  return events
}

/**
 * - `altered`: the event is not what was written, or whoever linked it has not got the key.
 * - `missing`: there is none with this number.
 * - `unkeyed`: it carries no mark of the key, and no former version was left to write it.
 * - `truncated`: the chain ends before an event that was known to be in it.
 * - `forked`: written by this control plane, but at this number it once wrote another: an older state was put back.
 * - `head_differs`: at this number there once was another event, and nothing proves who wrote this one.
 */
export type AuditFaultKind = 'altered' | 'missing' | 'unkeyed' | 'truncated' | 'forked' | 'head_differs'
export interface AuditFault {
  seq: number
  fault: AuditFaultKind
}

/** What an event must carry beside its hash. */
export interface AuditRule {
  /** Null looks at hashes alone. */
  key: Uint8Array | null
  /** The first number that this version gave: what is before it needs no mark, being under the hash of what has one. */
  keyedFrom: number
  /** Until then (epoch ms) a process of the former version may have written beside this one. */
  unkeyedUntil: number
}

const hashesAlone: AuditRule = { key: null, keyedFrom: 1, unkeyedUntil: 0 }

/** Where a walk along the chain stands: enough to go on later, or elsewhere. */
export interface AuditReach extends AuditHead {
  /** An event with a mark was written after former versions had gone: behind it none may be without. */
  closed: boolean
}

/** Goes along a chain, batch by batch, from its beginning or from where another walk got to. */
export class AuditWalk {
  reached: AuditReach
  readonly #rule: AuditRule

  constructor(rule: AuditRule = hashesAlone, from: AuditReach = { ...auditGenesis, closed: false }) {
    this.#rule = rule
    this.reached = from
  }

  /** What is wrong with the event that should come next. The walk goes on behind it as it stands there. */
  next(event: AuditEvent): AuditFault[] {
    const { seq, hash } = this.reached
    const { key, unkeyedUntil } = this.#rule
    const faults: AuditFault[] = []
    if (event.seq !== seq + 1) faults.push({ seq: seq + 1, fault: 'missing' })
    else if (hashEvent(hash, event) !== event.hash) faults.push({ seq: event.seq, fault: 'altered' })
    if (key !== null && faults.length === 0) faults.push(...this.#unproven(event, key))
    const closed = this.reached.closed || (event.mac !== '' && event.at >= unkeyedUntil)
    this.reached = { seq: event.seq, hash: event.hash, closed }
    return faults
  }

  #unproven(event: AuditEvent, key: Uint8Array): AuditFault[] {
    if (event.mac !== '') return isKeyed(event, key) ? [] : [{ seq: event.seq, fault: 'altered' }]
    const { keyedFrom, unkeyedUntil } = this.#rule
    const excused = event.seq < keyedFrom || (event.at < unkeyedUntil && !this.reached.closed)
    return excused ? [] : [{ seq: event.seq, fault: 'unkeyed' }]
  }
}

/** The first break in a run of events that should follow `head`, or null when the run is whole. */
export function verifyAudit(
  head: AuditHead,
  events: readonly AuditEvent[],
  rule: AuditRule = hashesAlone,
): AuditFault | null {
  const walk = new AuditWalk(rule, { ...head, closed: false })
  for (const event of events) {
    const [fault] = walk.next(event)
    if (fault) return fault
  }
  return null
}

/** Whether who wrote this event had the key. A column may hold anything by now, also what its type forbids. */
export function isKeyed({ seq, hash, mac }: AuditHead & { mac: string }, key: Uint8Array): boolean {
  const [given, right] = [Buffer.from(String(mac)), Buffer.from(macOf({ seq, hash }, key))]
  return given.length === right.length && timingSafeEqual(given, right)
}

/** The hash holds the event and all before it: to mark it marks them all. */
function macOf({ seq, hash }: AuditHead, key: Uint8Array): string {
  return `2.${createHmac('sha256', key).update(`ikoma-audit-2\n${seq}\n${hash}`).digest('base64url')}`
}

function hashEvent(previous: string, event: Omit<AuditEvent, 'hash' | 'mac'>): string {
  const text = JSON.stringify([previous, event.seq, event.at, event.actor, event.action, event.subject, event.data])
  return digest('sha256', text, 'base64url')
}
