import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Grant, SignedGrant } from '@ikoma/api'
import { type Order, sealedBytes } from '@ikoma/domain'
import {
  equalDigests,
  newSigningKey,
  readOrMakeSecretFile,
  type SigningKey,
  signingKeyFromPem,
} from '@ikoma/kernel/node'

/** The control plane's own keys: one seals orders against edits in the database, one signs what runners execute. */
export interface Keyring {
  verifyKey: { keyId: string; publicKey: string }
  seal(order: Order): string
  isSealed(order: Order): boolean
  sign(grant: Grant): SignedGrant
}

/** Reads both keys from a folder, made 0600 at first start. API processes that share a database share these files. */
export function openKeyring(folder: string): Keyring {
  const signing = readOrMakeSecretFile(join(folder, 'signing.pem'), () => newSigningKey().toPem())
  const seal = readOrMakeSecretFile(join(folder, 'seal.key'), () => randomBytes(32).toString('base64url'))
  return keyring(signingKeyFromPem(signing.content), Buffer.from(seal.content, 'base64url'))
}

export function keyring(signingKey: SigningKey, sealKey: Uint8Array): Keyring {
  const key = createSecretKey(sealKey)
  const seal = (order: Order) => createHmac('sha256', key).update(sealedBytes(order)).digest('base64url')
  return {
    verifyKey: { keyId: signingKey.keyId, publicKey: signingKey.publicKey },
    seal,
    isSealed: (order) => equalDigests(order.seal, seal(order)),
    sign(grant) {
      const bytes = Buffer.from(JSON.stringify(grant))
      return { keyId: signingKey.keyId, bytes: bytes.toString('base64url'), signature: signingKey.sign(bytes) }
    },
  }
}
