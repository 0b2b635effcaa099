import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Grant, grantBatchText, type SignedGrant } from '@ikoma/api'
import {
  equalDigests,
  newSigningKey,
  readOrMakeSecretFile,
  type SigningKey,
  signingKeyFromPem,
} from '@ikoma/kernel/node'

/** The control plane's own keys: one seals what must not be edited in the database, one signs what runners execute. */
export interface Keyring {
  verifyKey: { keyId: string; publicKey: string }
  /** Makes the nonces that runners sign: processes that share the keys folder take each other's. */
  nonceKey: Uint8Array
  seal(bytes: Uint8Array): string
  isSeal(bytes: Uint8Array, seal: string): boolean
  /** Signs all of them with one signature, over the list of their hashes. */
  sign(grants: readonly Grant[]): SignedGrant[]
}

/** Reads both keys from a folder, made 0600 at first start. API processes that share a database share these files. */
export function openKeyring(folder: string): Keyring {
  const signing = readOrMakeSecretFile(join(folder, 'signing.pem'), () => newSigningKey().toPem())
  const seal = readOrMakeSecretFile(join(folder, 'seal.key'), () => randomBytes(32).toString('base64url'))
  return keyring(signingKeyFromPem(signing.content), Buffer.from(seal.content, 'base64url'))
}

export function keyring(signingKey: SigningKey, sealKey: Uint8Array): Keyring {
  const key = createSecretKey(sealKey)
  const seal = (bytes: Uint8Array) => createHmac('sha256', key).update(bytes).digest('base64url')
  return {
    verifyKey: { keyId: signingKey.keyId, publicKey: signingKey.publicKey },
    nonceKey: createHmac('sha256', key).update('ikoma-runner-nonce').digest(),
    seal,
    isSeal: (bytes, given) => equalDigests(given, seal(bytes)),
    sign: (grants) => signBatch(signingKey, grants),
  }
}

function signBatch({ keyId, sign }: SigningKey, grants: readonly Grant[]): SignedGrant[] {
  if (grants.length === 0) return []
  const signed = grants.map((grant) => Buffer.from(JSON.stringify(grant)))
  const batch = signed.map((bytes) => createHash('sha256').update(bytes).digest('base64url'))
  const signature = sign(Buffer.from(grantBatchText(batch)))
  return signed.map((bytes, place) => ({ v: 2, keyId, bytes: bytes.toString('base64url'), batch, place, signature }))
}
