import { createHmac, createSecretKey } from 'node:crypto'
import { equalDigests } from './token.ts'

/** Shows that this program wrote a text: whoever has not got the key can neither write one nor change it. */
export interface Sealer {
  /** HMAC-SHA-256, base64url. */
  seal(text: string | Uint8Array): string
  isSeal(text: string | Uint8Array, given: string): boolean
}

export function createSealer(key: Uint8Array): Sealer {
  const secret = createSecretKey(key)
  const seal = (text: string | Uint8Array) => createHmac('sha256', secret).update(text).digest('base64url')
  return { seal, isSeal: (text, given) => equalDigests(given, seal(text)) }
}
