import type { Grant } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import type { newSigningKey } from '@ikoma/kernel/node'
import type { Claim } from '../protocol/control-plane-client.ts'

type SigningKey = ReturnType<typeof newSigningKey>

/** What a control plane hands out: a grant good for a minute from `issuedAt`, signed with the key. */
export function signedClaim(key: SigningKey, more: Partial<Grant> & Pick<Grant, 'runnerId'>): Claim {
  const { issuedAt = Date.now() } = more
  const grant: Grant = {
    v: 1,
    orderId: newId(),
    type: 'system.directory.apply',
    payload: { path: '/srv/app' },
    dryRun: false,
    risk: 'change',
    retryClass: 'idempotent',
    serverId: null,
    attempt: 1,
    lease: 'lease-1',
    timeoutSec: 60,
    issuedAt,
    notAfter: issuedAt + 60_000,
    ...more,
  }
  const bytes = Buffer.from(JSON.stringify(grant))
  const { orderId, attempt, lease } = grant
  const signed = { keyId: key.keyId, bytes: bytes.toString('base64url'), signature: key.sign(bytes) }
  return { orderId, attempt, lease, claimLeaseSec: 60, runLeaseSec: 60, grant: signed }
}
