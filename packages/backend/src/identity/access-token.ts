import type { KeyObject } from 'node:crypto'
import type { Clock } from '@ikoma/kernel'
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'

/** The first of a list signs, all of them verify: a new key goes first, the old one stays until its tokens are gone. */
export type AccessKey =
  | { kid: string; alg: 'HS256'; secret: Uint8Array }
  | { kid: string; alg: 'EdDSA'; privateKey: KeyObject; publicKey: KeyObject }

export interface AccessClaims {
  accountId: string
  role: string
  sessionId: string
  tokenVersion: number
}

export interface AccessTokens {
  lifetimeSec: number
  sign(claims: AccessClaims): Promise<string>
  /** Null for whatever is not a token of ours that still holds. */
  read(token: string): Promise<AccessClaims | null>
}

interface AccessTokenOptions {
  keys: readonly AccessKey[]
  issuer: string
  audience: string
  clock: Clock
  lifetimeSec?: number
}

const type = 'at+jwt'
/** Clocks of the processes that share a key may differ by this. */
const toleranceSec = 5
const maxLength = 4096
/** Tokens whose signature was found right: its owner shows one with every request. */
const mostVerified = 2_000

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { keys, issuer, audience, clock, lifetimeSec = 900 } = options
  const [first] = refuseWeakKeys(keys)
  const sign: AccessTokens['sign'] = ({ accountId, role, sessionId, tokenVersion }) => {
    const now = Math.floor(clock.now() / 1000)
    return new SignJWT({ role, sid: sessionId, tv: tokenVersion })
      .setProtectedHeader({ alg: first.alg, kid: first.kid, typ: type })
      .setSubject(accountId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSec)
      .sign(first.alg === 'HS256' ? first.secret : first.privateKey)
  }
  const verified = new LRUCache<string, { claims: AccessClaims; exp: number }>({ max: mostVerified })
  const read: AccessTokens['read'] = async (token) => {
    if (token.length > maxLength) return null
    const known = verified.get(token)
    if (known && !isPast(known.exp, clock)) return known.claims
    try {
      const { kid } = decodeProtectedHeader(token)
      const key = keys.find((each) => each.kid === kid)
      if (!key) return null
      // The algorithm is the key's, whatever the token says.
      const { payload } = await jwtVerify(token, key.alg === 'HS256' ? key.secret : key.publicKey, {
        algorithms: [key.alg],
        typ: type,
        issuer,
        audience,
        clockTolerance: toleranceSec,
        currentDate: new Date(clock.now()),
        requiredClaims: ['sub', 'exp', 'iat', 'role', 'sid', 'tv'],
      })
      const { sub, role, sid, tv, exp, nbf } = payload
      if (typeof sub !== 'string' || typeof role !== 'string' || typeof sid !== 'string' || typeof tv !== 'number')
        return null
      const claims = { accountId: sub, role, sessionId: sid, tokenVersion: tv }
      if (exp !== undefined && nbf === undefined) verified.set(token, { claims, exp })
      return claims
    } catch {
      return null
    }
  }
  return { lifetimeSec, sign, read }
}

/** As jose reckons it. */
function isPast(exp: number, clock: Clock): boolean {
  return exp <= Math.floor(clock.now() / 1000) - toleranceSec
}

function refuseWeakKeys(keys: readonly AccessKey[]): [AccessKey, ...AccessKey[]] {
  const [first, ...others] = keys
  if (!first) throw new Error('identity: keys.access is empty; it takes at least one key')
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Error('identity: two access keys have one kid')
  for (const key of keys) {
    // RFC 7518, 3.2: a key of the size of the hash output or larger.
    if (key.alg === 'HS256' && key.secret.byteLength < 32)
      throw new Error(`identity: the access key "${key.kid}" is shorter than 32 bytes`)
  }
  return [first, ...others]
}
