import type { AuditHead, Signal } from '@ikoma/domain'
import { linkAudit } from '@ikoma/domain/audit-chain'
import type { Statement, Transaction } from './transaction.ts'

/**
 * Appends what the transaction leaves behind. It must come last: from the lock on the head until the commit every other
 * process waits, which makes the order of numbers the order of commits.
 */
export async function appendAudit({ trace, rows }: Transaction): Promise<Signal[]> {
  if (trace.entries.length === 0) return trace.signals
  const [head] = await rows<AuditHead>(lockHead)
  if (!head) throw new Error('audit_head is empty')
  const events = linkAudit(head, trace.entries)
  const last = events.at(-1)
  await rows(append, JSON.stringify(events), last?.seq, last?.hash)
  return [...trace.signals, { kind: 'audit' }]
}

const lockHead: Statement = {
  name: 'audit_lock_head',
  text: 'select seq, hash from audit_head where id = 1 for update',
}

const append: Statement = {
  name: 'audit_append',
  text: `
    with moved as (update audit_head set seq = $2, hash = $3 where id = 1)
    insert into audit (seq, at, actor, action, subject, data, hash)
    select seq, at, actor, action, subject, data, hash
    from json_to_recordset($1::json)
      as event (seq bigint, at bigint, actor text, action text, subject text, data text, hash text)`,
}
