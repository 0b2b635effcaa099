import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

/** PostgreSQL's own, and the least of RFC 7677. */
const iterations = 4_096
/** More would keep us busy for whoever wrote it there. */
const mostIterations = 1_000_000

/** What PostgreSQL keeps to check a password by (RFC 5802, RFC 7677); the password cannot be had from it. */
export function scramVerifier(password: string): string {
  return verifierOf(password, randomBytes(16), iterations)
}

/** Whether a verifier is that of a password; null and those of other kinds are of none. */
export function isVerifierOf(verifier: string | null, password: string): boolean {
  const [, count = '', salt = ''] = /^SCRAM-SHA-256\$([1-9]\d{0,6}):([A-Za-z0-9+/]+=*)\$/.exec(verifier ?? '') ?? []
  if (verifier === null || count === '' || Number(count) > mostIterations) return false
  const own = Buffer.from(verifierOf(password, Buffer.from(salt, 'base64'), Number(count)))
  const given = Buffer.from(verifier)
  return own.length === given.length && timingSafeEqual(own, given)
}

function verifierOf(password: string, salt: Buffer, count: number): string {
  const salted = pbkdf2Sync(password, salt, count, 32, 'sha256')
  const stored = createHash('sha256').update(keyed(salted, 'Client Key')).digest('base64')
  const server = keyed(salted, 'Server Key').toString('base64')
  return `SCRAM-SHA-256$${count}:${salt.toString('base64')}$${stored}:${server}`
}

function keyed(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
