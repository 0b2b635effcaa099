import type { AuditEntry } from './audit.ts'
import type { Secret } from './secret.ts'
import type { Page, PageRequest } from './store.ts'

export interface SecretStore {
  /** By name; null when there is none. */
  findSecret(name: string): Promise<Secret | null>
  /** By name, ascending; the cursor is a name. */
  listSecrets(page: PageRequest): Promise<Page<Secret>>
  /** Puts it in place of the version that `replaces` says, null for none; `conflict` (`secret_changed`) when another stands. */
  putSecret(secret: Secret, replaces: number | null, audit: AuditEntry): Promise<void>
  /** Rejects with `not_found`; unless `evenIfUsed`, `conflict` (`secret_in_use`) when a live order or a schedule names it. */
  deleteSecret(name: string, evenIfUsed: boolean, audit: AuditEntry): Promise<void>
  /** Up to `limit` secrets under a key older than `keyVersion`, by name. */
  listSecretsBefore(keyVersion: number, limit: number): Promise<Secret[]>
  /** Puts the same values under another key; leaves alone what was set or moved meanwhile. Answers how many it moved. */
  moveSecrets(moves: SecretMove[], audit: AuditEntry | null): Promise<number>
  /** An order or schedule that names the secret, as the audit calls it (`order:…`); null when none does. */
  findSecretUse(name: string): Promise<string | null>
}

/** A secret under its new key, in place of that under `from`. */
export interface SecretMove {
  from: number
  to: Pick<Secret, 'name' | 'version' | 'keyVersion' | 'nonce' | 'ciphertext'>
}
