import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
// 27 base62 characters hold a little more than 160 bits.
const secretLength = 27
const secretPattern = /^[0-9A-Za-z]{27}[0-9A-Za-z]{6}$/

/**
 * A new credential `<prefix>_<random><crc>`. The checksum lets a typo be refused without a look at the store, and a
 * scanner recognise a leak, whose prefix says what it opens. After GitHub's token format (github.blog, "Behind GitHub's
 * new authentication token formats").
 */
export function newToken(prefix: string): string {
  const body = `${prefix}_${randomText(secretLength)}`
  return body + checksum(body)
}

export function isToken(text: string, prefix: string): boolean {
  if (!text.startsWith(`${prefix}_`) || !secretPattern.test(text.slice(prefix.length + 1))) return false
  return checksum(text.slice(0, -6)) === text.slice(-6)
}

/** What is kept of a token. A fast hash is enough: 160 random bits cannot be guessed. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** Compares two secrets of any length in constant time. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}

/** Compares two digests in the same encoding in constant time. */
export function equalDigests(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 in a byte: taking more would favour some characters.
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
    }
  }
  return text
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place += 1) {
    digits = (alphabet[rest % 62] ?? '') + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
