import { createHash } from 'node:crypto'
import { type Grant, grantBatchText, type SignedGrant } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import type { newSigningKey } from '@ikoma/kernel/node'
import type { Claim } from '../protocol/control-plane-client.ts'

type SigningKey = Pick<ReturnType<typeof newSigningKey>, 'keyId' | 'sign'>

/** What a control plane hands out: a grant good for a minute from `issuedAt`, signed with the key. */
export function signedClaim(key: SigningKey, more: Partial<Grant> & Pick<Grant, 'runnerId'>): Claim {
  return signedClaims(key, [more])[0] as Claim
}

/** Several under one signature. */
export function signedClaims(key: SigningKey, each: (Partial<Grant> & Pick<Grant, 'runnerId'>)[]): Claim[] {
  const grants = each.map(grantOf)
  const signed = signedGrants(key, grants)
  return grants.map(({ orderId, attempt, lease }, place) => {
    return { orderId, attempt, lease, claimLeaseSec: 60, runLeaseSec: 60, grant: signed[place] as SignedGrant }
  })
}

export function grantOf(more: Partial<Grant> & Pick<Grant, 'runnerId'>): Grant {
  const { issuedAt = Date.now() } = more
  return {
    ...{ v: 2, orderId: newId(), type: 'system.directory.apply', payload: { path: '/srv/app' }, dryRun: false },
    ...{ risk: 'change', retryClass: 'idempotent', serverId: null, attempt: 1, maxAttempts: 3, lostClaims: 0 },
    ...{ lease: 'lease-1', timeoutSec: 60, issuedAt, notAfter: issuedAt + 60_000, expiresAt: issuedAt + 86_400_000 },
    ...{ auditHead: null, secrets: null },
    ...more,
  }
}

export function signedGrants({ keyId, sign }: SigningKey, grants: Grant[]): SignedGrant[] {
  const texts = grants.map((grant) => Buffer.from(JSON.stringify(grant)))
  const batch = texts.map((bytes) => createHash('sha256').update(bytes).digest('base64url'))
  const signature = sign(Buffer.from(grantBatchText(batch)))
  return texts.map((bytes, place) => ({ v: 2, keyId, bytes: bytes.toString('base64url'), batch, place, signature }))
}
