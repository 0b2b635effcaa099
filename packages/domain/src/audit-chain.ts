import { hash as digest } from 'node:crypto'
import type { AuditEntry, AuditEvent, AuditHead } from './audit.ts'

/** Links entries to the end of a chain, in order. */
export function linkAudit(head: AuditHead, entries: readonly AuditEntry[]): AuditEvent[] {
  const events: AuditEvent[] = []
  let { seq, hash } = head
  for (const entry of entries) {
    seq += 1
    const event = { ...entry, seq, data: JSON.stringify(entry.data) }
    hash = hashEvent(hash, event)
    events.push({ ...event, hash })
  }
  return events
}

export type AuditFault = { seq: number; fault: 'missing' | 'altered' }

/** The first break in a run of events that should follow `head`, or null when the run is whole. */
export function verifyAudit(head: AuditHead, events: readonly AuditEvent[]): AuditFault | null {
  let { seq, hash } = head
  for (const event of events) {
    if (event.seq !== seq + 1) return { seq: seq + 1, fault: 'missing' }
    if (hashEvent(hash, event) !== event.hash) return { seq: event.seq, fault: 'altered' }
    seq = event.seq
    hash = event.hash
  }
  return null
}

function hashEvent(previous: string, event: Omit<AuditEvent, 'hash'>): string {
  const text = JSON.stringify([previous, event.seq, event.at, event.actor, event.action, event.subject, event.data])
  return digest('sha256', text, 'base64url')
}
