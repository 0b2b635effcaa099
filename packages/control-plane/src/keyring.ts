import { createHash, createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Grant, grantBatchText, type SignedGrant } from '@ikoma/api'
import { systemClock } from '@ikoma/kernel'
import {
  createSealer,
  newSigningKey,
  readOrMakeSecretFile,
  type SigningKey,
  signingKeyFromPem,
} from '@ikoma/kernel/node'
import { folderSecretKeys, memorySecretKeys, type SecretKeys } from './secrets/secret-keys.ts'
import { openVersions, type Versions } from './versions.ts'

/** The control plane's own keys: one seals what must not be edited in the database, one signs what runners execute. */
export interface Keyring {
  verifyKey: { keyId: string; publicKey: string }
  /** For the store, which seals its rows. */
  sealKey: Uint8Array
  seal(bytes: Uint8Array): string
  isSeal(bytes: Uint8Array, seal: string): boolean
  /** Until when a process of the former version may write beside this one; null before this version ran here. */
  formerUntil(): number | null
  /** Noted once the database was opened by this version. */
  noteFormerUntil(formerUntil: number): void
  /** Whether a process of the former version may still write beside this one. */
  takesFormer(): boolean
  /** The number of the first entry of the audit that is under the key; null before anybody looked. */
  auditKeyedFrom(): number | null
  noteAuditKeyedFrom(seq: number): void
  /** What begins with what it is, and so can be taken for no grant. */
  signText(text: string): string
  /** Makes the nonces that runners sign: processes that share the keys folder take each other's. */
  nonceKey: Uint8Array
  /** Signs all of them with one signature, over the list of their hashes. */
  sign(grants: readonly Grant[]): SignedGrant[]
  /** What secrets are encrypted with. */
  secretKeys: SecretKeys
}

/** Reads both keys from a folder, made 0600 at first start. API processes that share a database share these files. */
export function openKeyring(folder: string): Keyring {
  const signing = readOrMakeSecretFile(join(folder, 'signing.pem'), () => newSigningKey().toPem())
  const seal = readOrMakeSecretFile(join(folder, 'seal.key'), () => randomBytes(32).toString('base64url'))
  const kept = { versions: openVersions(folder), secretKeys: folderSecretKeys(folder) }
  return keyring(signingKeyFromPem(signing.content), Buffer.from(seal.content, 'base64url'), kept)
}

interface Kept {
  versions?: Versions
  secretKeys?: SecretKeys
}

export function keyring(
  signingKey: SigningKey,
  sealKey: Uint8Array,
  { versions = newVersions(), secretKeys = memorySecretKeys() }: Kept = {},
): Keyring {
  return {
    sealKey,
    secretKeys,
    verifyKey: { keyId: signingKey.keyId, publicKey: signingKey.publicKey },
    nonceKey: createHmac('sha256', sealKey).update('ikoma-runner-nonce').digest(),
    formerUntil: () => versions.formerUntil,
    noteFormerUntil: (until) => versions.noteFormerUntil(until),
    takesFormer: () => (versions.formerUntil ?? 0) > systemClock.now(),
    auditKeyedFrom: () => versions.auditKeyedFrom,
    noteAuditKeyedFrom: (seq) => versions.noteAuditKeyedFrom(seq),
    ...createSealer(sealKey),
    sign: (grants) => signBatch(signingKey, grants),
    signText: (text) => signingKey.sign(Buffer.from(text)),
  }
}

/** Of a database that this version made. */
function newVersions(): Versions {
  const note = () => undefined
  return { formerUntil: 0, noteFormerUntil: note, auditKeyedFrom: 1, noteAuditKeyedFrom: note }
}

function signBatch({ keyId, sign }: SigningKey, grants: readonly Grant[]): SignedGrant[] {
  if (grants.length === 0) return []
  const signed = grants.map((grant) => Buffer.from(JSON.stringify(grant)))
  const batch = signed.map((bytes) => createHash('sha256').update(bytes).digest('base64url'))
  const signature = sign(Buffer.from(grantBatchText(batch)))
  return signed.map((bytes, place) => ({ v: 2, keyId, bytes: bytes.toString('base64url'), batch, place, signature }))
}
