import { createPublicKey, verify } from 'node:crypto'
import { type Grant, grantSchema, type SignedGrant } from '@ikoma/api'
import type { Claim } from '../protocol/control-plane-client.ts'
import type { Identity } from '../protocol/identity.ts'

export type GrantVerdict = { grant: Grant } | { refused: string }

type Trusted = Pick<Identity, 'runnerId' | 'controlPlaneKey'>

/** Fails closed: nothing in the bytes is looked at before the pinned key has signed exactly them. */
export function verifyGrant(claim: Claim, { runnerId, controlPlaneKey }: Trusted, now: number): GrantVerdict {
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
  if (grant.notAfter < now) {
    const lateSec = Math.ceil((now - grant.notAfter) / 1000)
    return { refused: `expired ${lateSec} s ago; when that is not so, set this server's clock right` }
  }
  for (const field of ['orderId', 'attempt', 'lease'] as const) {
    if (grant[field] !== claim[field]) return { refused: `"${field}" of the grant is not that of the claim` }
  }
  return { grant }
}

function signedBytes(signed: SignedGrant, publicKey: string): Buffer | null {
  const bytes = decode(signed.bytes)
  const signature = decode(signed.signature)
  if (bytes === null || signature === null) return null
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    return verify(null, bytes, key, signature) ? bytes : null
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
