import type { AuditHead } from '@ikoma/domain'
import { linkAudit } from '@ikoma/domain/audit-chain'
import type { Trace } from '../trace.ts'
import type { Statement, Value } from './statement-batch.ts'

/** As much of a transaction as the chain needs. */
interface Writing {
  trace: Trace
  auditKey: Uint8Array | null
  rows<Row>(statement: Statement, ...values: Value[]): Promise<Row[]>
}

/**
 * The end of the chain. It is locked last, after every other lock: from here until the commit every other process
 * waits, which makes the order of numbers the order of commits.
 */
export async function lockHead(tx: Writing): Promise<AuditHead> {
  const [head] = await tx.rows<AuditHead>(lock)
  if (!head) throw new Error('audit_head is empty')
  return head
}

/** Locks it when something of these targets can be claimed: a claim that finds nothing then writes nothing. */
export async function lockHeadFor(tx: Writing, targets: string[]): Promise<AuditHead | undefined> {
  const [head] = await tx.rows<AuditHead>(lockForClaims, targets)
  return head
}

/** Appends what the transaction leaves behind, under the lock on the head. */
export async function appendAudit({ trace, auditKey, rows }: Writing, head: AuditHead): Promise<void> {
  const events = linkAudit(head, trace.entries, auditKey)
  const last = events.at(-1)
  if (last) await rows(append, JSON.stringify(events), last.seq, last.hash)
}

const lock: Statement = {
  name: 'audit_lock_head',
  text: 'select seq, hash from audit_head where id = 1 for update',
}

const lockForClaims: Statement = {
  name: 'audit_lock_head_for_claims',
  text: `select seq, hash from audit_head where id = 1 and exists (
    select 1 from orders where target = any($1::text[]) and status = 'QUEUED' and wait is null) for update of audit_head`,
}

const append: Statement = {
  name: 'audit_append',
  text: `
    with moved as (update audit_head set seq = $2, hash = $3 where id = 1)
    insert into audit (seq, at, actor, action, subject, data, hash, mac)
    select seq, at, actor, action, subject, data, hash, mac
    from json_to_recordset($1::json)
      as event (seq bigint, at bigint, actor text, action text, subject text, data text, hash text, mac text)`,
}
