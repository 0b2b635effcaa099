import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Encrypts for whoever has `key`, bound to `context`: AES-256-GCM under a key of HKDF-SHA-256. */
export function sealText(text: string, key: string | Uint8Array, context: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', derived(key, context), nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')
}

/** @throws when the key, the context or the text is another. */
export function openText(sealed: string, key: string | Uint8Array, context: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', derived(key, context), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}

function derived(key: string | Uint8Array, context: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', context, 32))
}
