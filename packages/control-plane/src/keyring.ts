import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Grant, SignedGrant } from '@ikoma/api'
import {
  equalDigests,
  newSigningKey,
  readOrMakeSecretFile,
  type SigningKey,
  signingKeyFromPem,
} from '@ikoma/kernel/node'
import { folderSecretKeys, memorySecretKeys, type SecretKeys } from './secrets/secret-keys.ts'

/** The control plane's own keys: one seals what must not be edited in the database, one signs what runners execute. */
export interface Keyring {
  verifyKey: { keyId: string; publicKey: string }
  seal(bytes: Uint8Array): string
  isSeal(bytes: Uint8Array, seal: string): boolean
  sign(grant: Grant): SignedGrant
  /** What secrets are encrypted with. */
  secretKeys: SecretKeys
}

/** Reads both keys from a folder, made 0600 at first start. API processes that share a database share these files. */
export function openKeyring(folder: string): Keyring {
  const signing = readOrMakeSecretFile(join(folder, 'signing.pem'), () => newSigningKey().toPem())
  const seal = readOrMakeSecretFile(join(folder, 'seal.key'), () => randomBytes(32).toString('base64url'))
  return keyring(signingKeyFromPem(signing.content), Buffer.from(seal.content, 'base64url'), folderSecretKeys(folder))
}

export function keyring(signingKey: SigningKey, sealKey: Uint8Array, secretKeys = memorySecretKeys()): Keyring {
  const key = createSecretKey(sealKey)
  const seal = (bytes: Uint8Array) => createHmac('sha256', key).update(bytes).digest('base64url')
  return {
    secretKeys,
    verifyKey: { keyId: signingKey.keyId, publicKey: signingKey.publicKey },
    seal,
    isSeal: (bytes, given) => equalDigests(given, seal(bytes)),
    sign(grant) {
      const bytes = Buffer.from(JSON.stringify(grant))
      return { keyId: signingKey.keyId, bytes: bytes.toString('base64url'), signature: signingKey.sign(bytes) }
    },
  }
}
