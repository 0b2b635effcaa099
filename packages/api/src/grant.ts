import * as z from 'zod'

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

/** What a grant's secrets are bound to (HPKE's additional data): they open for no other order, attempt, claim or runner. */
export function secretsBoundTo({
  orderId,
  attempt,
  lease,
  runnerId,
}: {
  orderId: string
  attempt: number
  lease: string
  runnerId: string
}): string {
  return JSON.stringify(['ikoma-secrets-1', orderId, attempt, lease, runnerId])
}
