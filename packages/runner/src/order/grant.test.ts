import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { Grant } from '@ikoma/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Claim } from '../protocol/control-plane-client.ts'
import { verifyGrant } from './grant.ts'

const now = 1_750_000_000_000
const keys = generateKeyPairSync('ed25519')
const runnerId = randomUUID()
const controlPlaneKey = { keyId: 'key-1', publicKey: keys.publicKey.export({ format: 'jwk' }).x ?? '' }
const me = { runnerId, controlPlaneKey }

function setup(change: Partial<Grant> = {}): Claim {
  const orderId = randomUUID()
  const base = {
    v: 1,
    orderId,
    type: 'shell.run',
    payload: { argv: ['id'] },
    dryRun: false,
    risk: 'destructive',
  } as const
  const fence = { runnerId, serverId: null, attempt: 3, lease: 'lease-3', timeoutSec: 60 }
  const grant: Grant = { ...base, ...fence, retryClass: 'once', issuedAt: now, notAfter: now + 60_000, ...change }
  const bytes = Buffer.from(JSON.stringify(grant))
  const signature = sign(null, bytes, keys.privateKey).toString('base64url')
  return {
    ...{ orderId, attempt: 3, lease: 'lease-3', claimLeaseSec: 60, runLeaseSec: 120 },
    grant: { keyId: 'key-1', bytes: bytes.toString('base64url'), signature },
  }
}

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
      const grant = { ...claim.grant, bytes: altered.toString('base64url') }
      expect(verifyGrant({ ...claim, grant }, me, now)).toHaveProperty('refused')
    }
  })

  it('is refused when any letter of the message differs (property)', () => {
    const claim = setup()
    const letter = fc.constantFrom(...'ABCDabcd0123-_=+/ ')
    const field = fc.constantFrom('bytes', 'signature', 'keyId')
    const property = fc.property(field, fc.nat(), letter, (name, index, replacement) => {
      const text = claim.grant[name as 'bytes']
      const at = index % text.length
      const altered = text.slice(0, at) + replacement + text.slice(at + 1)
      fc.pre(altered !== text)
      expect(verifyGrant({ ...claim, grant: { ...claim.grant, [name]: altered } }, me, now)).toHaveProperty('refused')
    })
    fc.assert(property, { numRuns: 300 })
  })

  it.each<[string, Partial<Grant>, string]>([
    ['that has expired', { notAfter: now - 1 }, 'expired'],
    ['for another runner', { runnerId: randomUUID() }, 'meant for runner'],
    ['for another order', { orderId: randomUUID() }, 'orderId'],
    ['for another attempt', { attempt: 2 }, 'attempt'],
    ['for another lease', { lease: 'lease-2' }, 'lease'],
    ['of an unknown version', { v: 2 as 1 }, 'not a grant'],
  ])('%s is refused, though well signed', (_what, change, why) => {
    expect(verifyGrant(setup(change), me, now)).toMatchObject({ refused: expect.stringContaining(why) })
  })

  it('is refused when another key signed it', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
    const trusting = { runnerId, controlPlaneKey: { keyId: 'key-1', publicKey: other } }
    expect(verifyGrant(setup(), trusting, now)).toMatchObject({ refused: 'the signature does not match' })
    const renamed = { runnerId, controlPlaneKey: { ...controlPlaneKey, keyId: 'key-2' } }
    expect(verifyGrant(setup(), renamed, now)).toMatchObject({ refused: expect.stringContaining('unknown key') })
  })

  it('is refused when the pinned key is not a key at all', () => {
    expect(verifyGrant(setup(), { runnerId, controlPlaneKey: { keyId: 'key-1', publicKey: '' } }, now)).toHaveProperty(
      'refused',
    )
  })
})
