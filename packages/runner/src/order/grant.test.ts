import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { type Grant, grantBatchText } from '@ikoma/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Claim } from '../protocol/control-plane-client.ts'
import { signedClaim, signedClaims } from '../testing/signed-claim.ts'
import { verifyGrant } from './grant.ts'

const now = 1_750_000_000_000
const keys = generateKeyPairSync('ed25519')
const signer = { keyId: 'key-1', sign: (bytes: Uint8Array) => sign(null, bytes, keys.privateKey).toString('base64url') }
const runnerId = randomUUID()
const controlPlaneKey = { keyId: 'key-1', publicKey: keys.publicKey.export({ format: 'jwk' }).x ?? '' }
const me = { runnerId, controlPlaneKey }
const minute = 60_000
const day = 86_400_000

function grantOf(change: Partial<Grant> = {}) {
  const order = { type: 'shell.run', payload: { argv: ['id'] }, attempt: 3, lease: 'lease-3', timeoutSec: 60 }
  return { ...order, runnerId, issuedAt: now, ...change }
}

function setup(change: Partial<Grant> = {}): Claim {
  const claim = signedClaim(signer, grantOf(change))
  // What the claim says stays right, whatever the grant says.
  return { ...claim, attempt: 3, lease: 'lease-3' }
}

/** The same, for each of its hashes put elsewhere. */
const withGrant = (claim: Claim, change: Partial<Claim['grant']>): Claim => ({
  ...claim,
  grant: { ...claim.grant, ...change },
})

describe('a grant', () => {
  it('is accepted as it was signed', () => {
    expect(verifyGrant(setup(), me, now)).toMatchObject({ grant: { type: 'shell.run', payload: { argv: ['id'] } } })
  })

  it('is refused when any byte of what was signed differs', () => {
    const claim = setup()
    const bytes = Buffer.from(claim.grant.bytes, 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8(bytes.readUInt8(at) ^ 1, at)
      expect(verifyGrant(withGrant(claim, { bytes: altered.toString('base64url') }), me, now)).toHaveProperty('refused')
    }
  })

  it('is refused when any letter of the message differs (property)', () => {
    const claim = setup()
    const letter = fc.constantFrom(...'ABCDabcd0123-_=+/ ')
    const field = fc.constantFrom('bytes', 'signature', 'keyId', 'batch')
    const property = fc.property(field, fc.nat(), letter, (name, index, replacement) => {
      const text = [claim.grant[name as 'bytes']].flat()[0] as string
      const at = index % text.length
      const altered = text.slice(0, at) + replacement + text.slice(at + 1)
      fc.pre(altered !== text)
      const change = { [name]: name === 'batch' ? [altered] : altered }
      expect(verifyGrant(withGrant(claim, change), me, now)).toHaveProperty('refused')
    })
    fc.assert(property, { numRuns: 300 })
  })

  it.each<[string, Partial<Grant>, string]>([
    ['that has expired', { issuedAt: now - minute, notAfter: now - 1 }, 'expired 1 s ago'],
    ['from the future', { issuedAt: now + minute + 1, notAfter: now + 2 * minute }, 'from the future'],
    ['that is good for days', { notAfter: now + 3 * day }, 'good for longer than 600 s'],
    ['that begins in the past and is good for days', { issuedAt: now - day, notAfter: now + day }, 'good for longer'],
    ['of an order that has expired', { expiresAt: now - 1 }, 'order that expired'],
    ['for an attempt too many', { attempt: 3, maxAttempts: 2 }, 'attempt 3 of an order that has 2'],
    ['for an attempt too many, lost claims aside', { attempt: 3, lostClaims: 1, maxAttempts: 1 }, 'attempt 2 of'],
    ['for another runner', { runnerId: randomUUID() }, 'meant for runner'],
    ['for another attempt', { attempt: 2 }, 'attempt'],
    ['for another lease', { lease: 'lease-2' }, 'lease'],
    ['of a former version', { v: 1 as never }, 'not a grant'],
    ['that does not say when its order expires', { expiresAt: undefined as never }, 'not a grant'],
    ['that does not say how often', { maxAttempts: undefined as never }, 'not a grant'],
    ['for another order', {}, 'orderId'],
  ])('%s is refused, though well signed', (what, change, why) => {
    const claim = setup(change)
    const other = what === 'for another order' ? { ...claim, orderId: randomUUID() } : claim
    expect(verifyGrant(other, me, now)).toMatchObject({ refused: expect.stringContaining(why) })
  })

  it.each<[string, Partial<Grant>]>([
    ['until its last millisecond', { issuedAt: now - minute, notAfter: now }],
    ['until the last millisecond of its order', { expiresAt: now }],
    ['of an order that never expires', { expiresAt: null }],
    ['from a clock that is a minute ahead', { issuedAt: now + minute, notAfter: now + 2 * minute }],
    ['good for ten minutes', { notAfter: now + 10 * minute }],
    ['for the last attempt', { attempt: 3, maxAttempts: 3 }],
    ['after claims that were lost before they started', { attempt: 3, lostClaims: 2, maxAttempts: 1 }],
  ])('is good %s', (_what, change) => {
    expect(verifyGrant(setup(change), me, now)).toHaveProperty('grant')
  })

  it('is refused when another key signed it', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
    const trusting = { runnerId, controlPlaneKey: { keyId: 'key-1', publicKey: other } }
    expect(verifyGrant(setup(), trusting, now)).toMatchObject({ refused: 'the signature does not match' })
    const renamed = { runnerId, controlPlaneKey: { keyId: 'key-2', publicKey: controlPlaneKey.publicKey } }
    expect(verifyGrant(setup(), renamed, now)).toMatchObject({ refused: expect.stringContaining('unknown key') })
  })

  it('is refused when the pinned key is not a key at all', () => {
    expect(verifyGrant(setup(), { runnerId, controlPlaneKey: { keyId: 'key-1', publicKey: '' } }, now)).toHaveProperty(
      'refused',
    )
  })
})

describe('grants that were signed together', () => {
  const three = () => signedClaims(signer, [grantOf(), grantOf({ lease: 'b' }), grantOf({ lease: 'c' })])

  it('are each good, under one signature', () => {
    const claims = three()
    expect(new Set(claims.map(({ grant }) => grant.signature)).size).toBe(1)
    for (const claim of claims) expect(verifyGrant(claim, me, now)).toHaveProperty('grant')
  })

  it.each<[string, (grant: Claim['grant'], other: Claim['grant']) => Partial<Claim['grant']>]>([
    ["another's place", ({ place }) => ({ place: (place + 1) % 3 })],
    ['a place outside', () => ({ place: 3 })],
    ["another's bytes", (_, { bytes }) => ({ bytes })],
    ['the hashes in another order', ({ batch }) => ({ batch: [...batch].reverse() })],
    ['one hash fewer', ({ batch }) => ({ batch: batch.slice(0, -1) })],
    ['one hash more', ({ batch }) => ({ batch: [...batch, batch[0] ?? ''] })],
    ['two hashes as one text', ({ batch }) => ({ batch: [batch[0] ?? '', batch.slice(1).join('\n')] })],
    [
      'a hash of its own choice in the list',
      ({ batch }) => {
        const bytes = Buffer.from(JSON.stringify({ ...grantOf(), type: 'shell.run' }))
        const hash = createHash('sha256').update(bytes).digest('base64url')
        return { bytes: bytes.toString('base64url'), batch: [hash, ...batch.slice(1)] }
      },
    ],
  ])('are refused with %s', (_what, change) => {
    const [claim, other] = three() as [Claim, Claim]
    const altered = withGrant(claim, change(claim.grant, other.grant))
    expect(verifyGrant(altered, me, now)).toHaveProperty('refused')
  })

  it('cannot stand for a message of another kind: what is signed says what it is', () => {
    expect(grantBatchText(['a'])).toBe('ikoma-grants-2\na')
  })
})

it('refuses, of a newest grant that is years ahead, one that the audit does not show to be later, and says the cure', () => {
  const newest = { issuedAt: now + 400 * day, seq: 7, floorSeq: null }
  const head = (seq: number) => setup({ auditHead: { seq, hash: 'h'.repeat(43) } })
  expect(verifyGrant(head(8), me, now, newest)).toHaveProperty('grant')
  for (const claim of [setup(), head(7)]) {
    const { refused } = verifyGrant(claim, me, now, newest) as { refused: string }
    expect(refused).toContain(
      `older than the newest that was executed here, of ${new Date(newest.issuedAt).toISOString()}`,
    )
    expect(refused).toContain('move away journal.ndjson')
  }
  expect(verifyGrant(head(7), me, now, { ...newest, issuedAt: now, floorSeq: 7 })).toHaveProperty('refused')
})
