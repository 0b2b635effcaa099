import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Grant, SignedGrant } from '@ikoma/api'
import {
  createSealer,
  newSigningKey,
  readOrMakeSecretFile,
  type SigningKey,
  signingKeyFromPem,
} from '@ikoma/kernel/node'

/** The control plane's own keys: one seals what must not be edited in the database, one signs what runners execute. */
export interface Keyring {
  verifyKey: { keyId: string; publicKey: string }
  /** For the store, which seals its rows. */
  sealKey: Uint8Array
  seal(bytes: Uint8Array): string
  isSeal(bytes: Uint8Array, seal: string): boolean
  /** Whether a process of the former version may still write beside this one. */
  takesFormer(): boolean
  sign(grant: Grant): SignedGrant
}

/** Reads both keys from a folder, made 0600 at first start. API processes that share a database share these files. */
export function openKeyring(folder: string): Keyring {
  const signing = readOrMakeSecretFile(join(folder, 'signing.pem'), () => newSigningKey().toPem())
  const seal = readOrMakeSecretFile(join(folder, 'seal.key'), () => randomBytes(32).toString('base64url'))
  return keyring(signingKeyFromPem(signing.content), Buffer.from(seal.content, 'base64url'))
}

export function keyring(
  signingKey: SigningKey,
  sealKey: Uint8Array,
  takesFormer: () => boolean = () => false,
): Keyring {
  return {
    verifyKey: { keyId: signingKey.keyId, publicKey: signingKey.publicKey },
    sealKey,
    takesFormer,
    ...createSealer(sealKey),
    sign(grant) {
      const bytes = Buffer.from(JSON.stringify(grant))
      return { keyId: signingKey.keyId, bytes: bytes.toString('base64url'), signature: signingKey.sign(bytes) }
    },
  }
}
