import * as z from 'zod'
import { idField, jsonObjectField } from './fields.ts'

/** How far the clocks of a control plane and a server may differ: a grant from further ahead is not believed. */
export const grantSkewMs = 60_000
/** No grant may be started later than this after it was issued; the claim lease is no longer either. */
export const grantLifeMaxMs = 10 * 60_000

/** Where the audit stood when a grant was signed: a place that whoever edits the database cannot rewrite. */
export const grantAuditHead = z.object({ seq: z.number().int().min(0), hash: z.string().max(200) })
export type GrantAuditHead = z.infer<typeof grantAuditHead>

/**
 * All secrets that an order refers to, as one HPKE message to the key of the server that executes it; all base64url. What
 * was sealed is the JSON `{name: value}`; the text that is bound to it is `secretsBoundTo`.
 */
export const sealedSecretsSchema = z.object({
  keyId: z.string().max(100),
  enc: z.string().max(200),
  ciphertext: z.string().max(700_000),
})
export type SealedSecrets = z.infer<typeof sealedSecretsSchema>

export const grantSchema = z.object({
  v: z.literal(2),
  orderId: idField,
  type: z.string(),
  payload: jsonObjectField,
  dryRun: z.boolean(),
  risk: z.enum(['read', 'change', 'destructive']),
  retryClass: z.enum(['idempotent', 'once']),
  runnerId: idField,
  serverId: idField.nullable(),
  attempt: z.number().int().min(1),
  /** How often the order may be executed in all. */
  maxAttempts: z.number().int().min(1),
  /** Attempts that were claimed and never started: they do not count. */
  lostClaims: z.number().int().min(0).default(0),
  lease: z.string(),
  timeoutSec: z.number().int(),
  issuedAt: z.number().int(),
  /** Not to be started after this, epoch ms. */
  notAfter: z.number().int(),
  /** When the order itself expires, epoch ms: nothing of it is started after that. Null never. */
  expiresAt: z.number().int().nullable(),
  auditHead: grantAuditHead.nullable(),
  secrets: sealedSecretsSchema.nullable(),
})
export type Grant = z.infer<typeof grantSchema>

/** A SHA-256 in base64url. Nothing else may stand in a batch: a line break in it would make one text of two lists. */
export const grantHashPattern = /^[A-Za-z0-9_-]{43}$/

/** Proof that the control plane wants exactly this done, by this runner, under this claim. One signature stands for a batch. */
export const signedGrantSchema = z.object({
  v: z.literal(2),
  keyId: z.string().max(100),
  /** The exact bytes that were signed for, base64url; they are a `grantSchema`. */
  bytes: z.string().max(1_000_000),
  /** SHA-256 of the bytes of each grant that was signed together, base64url. */
  batch: z.array(z.string().regex(grantHashPattern)).min(1).max(100),
  /** Which of them is that of `bytes`. */
  place: z.number().int().min(0).max(99),
  /** Ed25519 over `grantBatchText(batch)`, base64url. */
  signature: z.string().max(200),
})
export type SignedGrant = z.infer<typeof signedGrantSchema>

export function grantBatchText(batch: readonly string[]): string {
  return `ikoma-grants-2\n${batch.join('\n')}`
}

/** What a grant's secrets are bound to (HPKE's additional data): they open for no other order, attempt, claim or runner. */
export function secretsBoundTo({
  orderId,
  attempt,
  lease,
  runnerId,
}: Pick<Grant, 'orderId' | 'attempt' | 'lease' | 'runnerId'>): string {
  return JSON.stringify(['ikoma-secrets-1', orderId, attempt, lease, runnerId])
}
