import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type Secret, secretLabel } from '@ikoma/domain'
import type { SecretKey } from './secret-keys.ts'

const algorithm = 'aes-256-gcm'
const tagBytes = 16

type Labelled = Omit<Secret, 'nonce' | 'ciphertext' | 'keyVersion'>

/** The row of a value: AES-256-GCM under a nonce of its own, bound to everything else in the row. */
export function encryptSecret(row: Labelled, value: Uint8Array, key: SecretKey): Secret {
  const labelled = { ...row, keyVersion: key.version }
  const nonce = randomBytes(12)
  const cipher = createCipheriv(algorithm, key.bytes, nonce)
  cipher.setAAD(Buffer.from(secretLabel(labelled)))
  const sealed = Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()])
  return { ...labelled, nonce: nonce.toString('base64url'), ciphertext: sealed.toString('base64url') }
}

/** Null when anything of the row is not as it was written. */
export function decryptSecret(secret: Secret, key: SecretKey): Buffer | null {
  try {
    const sealed = bytesOf(secret.ciphertext)
    const nonce = bytesOf(secret.nonce)
    const decipher = createDecipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(secretLabel(secret)))
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
  } catch {
    return null
  }
}

/** Node passes over letters that mean nothing: only the one spelling that we write is taken. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new Error('not as it was written')
  return bytes
}
