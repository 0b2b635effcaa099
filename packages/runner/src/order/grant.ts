import { createHash, createPublicKey, verify } from 'node:crypto'
import {
  type Grant,
  grantBatchText,
  grantHashPattern,
  grantLifeMaxMs,
  grantSchema,
  grantSkewMs,
  type SignedGrant,
} from '@ikoma/api'
import type { Claim } from '../protocol/control-plane-client.ts'
import type { Identity } from '../protocol/identity.ts'
import { isBelowFloor, type Newest, notBefore, nothingExecuted } from './grant-memory.ts'

export type GrantVerdict = { grant: Grant } | { refused: string }

type Trusted = Pick<Identity, 'runnerId' | 'controlPlaneKey'>

/** Fails closed: nothing in the bytes is looked at before the pinned key has signed exactly them. */
export function verifyGrant(
  claim: Claim,
  { runnerId, controlPlaneKey }: Trusted,
  now: number,
  newest: Newest = nothingExecuted,
): GrantVerdict {
  if (claim.grant.keyId !== controlPlaneKey.keyId) {
    return {
      refused: `signed with the unknown key "${claim.grant.keyId}"; this runner trusts "${controlPlaneKey.keyId}"`,
    }
  }
  const bytes = signedBytes(claim.grant, controlPlaneKey.publicKey)
  if (bytes === null) return { refused: 'the signature does not match' }
  const grant = parseGrant(bytes)
  if (grant === null) return { refused: 'what was signed is not a grant this runner can read' }
  if (grant.runnerId !== runnerId) return { refused: `meant for runner ${grant.runnerId}` }
  for (const field of ['orderId', 'attempt', 'lease'] as const) {
    if (grant[field] !== claim[field]) return { refused: `"${field}" of the grant is not that of the claim` }
  }
  const refused = tooOld(grant, now, newest) ?? outOfTime(grant, now) ?? tooOften(grant)
  return refused === null ? { grant } : { refused }
}

const wrongThen =
  'when no clock is wrong now, one was then: stop the runner on that server, move away journal.ndjson of its state folder, ' +
  'and of the executor, where there is one, the file at.<ms> in the folder spent; then start it'

/** Why a grant is older than what is remembered of those that were executed, or null. */
function tooOld(grant: Grant, now: number, newest: Newest): string | null {
  if (isBelowFloor(newest, grant)) return 'from before the clock of the control plane was set right; it gives another'
  const earliest = notBefore(newest, grant)
  if (earliest <= now || outOfTime(grant, earliest) === null) return null
  const at = new Date(newest.issuedAt).toISOString()
  return `older than the newest that was executed here, of ${at}; ${wrongThen}`
}

/** Why a grant is not good at this time, or null. */
function outOfTime({ issuedAt, notAfter, expiresAt }: Grant, now: number): string | null {
  const clocks = "when that is not so, set this server's clock right"
  const aheadSec = Math.ceil((issuedAt - now) / 1000)
  if (issuedAt > now + grantSkewMs) return `from the future, issued ${aheadSec} s ahead; ${clocks}`
  if (notAfter - issuedAt > grantLifeMaxMs) return `good for longer than ${grantLifeMaxMs / 1000} s, as none may be`
  if (notAfter < now) return `expired ${Math.ceil((now - notAfter) / 1000)} s ago; ${clocks}`
  if (expiresAt !== null && expiresAt < now) {
    return `for an order that expired ${Math.ceil((now - expiresAt) / 1000)} s ago; ${clocks}`
  }
  return null
}

function tooOften({ attempt, lostClaims, maxAttempts }: Grant): string | null {
  const count = attempt - lostClaims
  return count > maxAttempts ? `for attempt ${count} of an order that has ${maxAttempts}` : null
}

/** The bytes, when the key signed the list of hashes and theirs stands at the grant's own place in it. */
function signedBytes(signed: SignedGrant, publicKey: string): Buffer | null {
  const bytes = decode(signed.bytes)
  const signature = decode(signed.signature)
  if (bytes === null || signature === null) return null
  if (!signed.batch.every((hash) => grantHashPattern.test(hash))) return null
  if (signed.batch[signed.place] !== createHash('sha256').update(bytes).digest('base64url')) return null
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    return verify(null, Buffer.from(grantBatchText(signed.batch)), key, signature) ? bytes : null
  } catch {
    return null
  }
}

/** Buffer ignores what is not base64url; a grant has one spelling. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

function parseGrant(bytes: Buffer): Grant | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return grantSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
