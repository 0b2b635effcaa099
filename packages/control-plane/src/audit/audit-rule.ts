import type { Store } from '@ikoma/domain'
import { type AuditRule, auditKeyOf } from '@ikoma/domain/audit-chain'
import type { Keyring } from '../keyring.ts'

/** Looks, when the store is opened with these keys for the first time, from which entry on the audit is under the key. */
export async function settleAudit(keyring: Keyring, store: Store): Promise<void> {
  if (keyring.auditKeyedFrom() === null) keyring.noteAuditKeyedFrom(await firstKeyed(store))
}

/** What the audit of this store must carry. One file has one process: nobody of a former version writes beside it. */
export function auditRuleOf(keyring: Keyring, dialect: Store['dialect']): AuditRule {
  const unkeyedUntil = dialect === 'postgres' ? (keyring.formerUntil() ?? 0) : 0
  return { key: auditKeyOf(keyring.sealKey), keyedFrom: keyring.auditKeyedFrom() ?? 1, unkeyedUntil }
}

async function firstKeyed(store: Store): Promise<number> {
  const { seq } = await store.auditHead()
  return seq === 0 ? 1 : ((await store.findFirstKeyed()) ?? seq + 1)
}
