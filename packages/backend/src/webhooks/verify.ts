import { hash } from 'node:crypto'
import { AppError, type Clock } from '@ikoma/kernel'
import { equalDigests } from '@ikoma/kernel/node'
import { type Headers, readClaim, type Scheme } from './schemes.ts'

export interface WebhookOptions {
  scheme: Scheme
  /** The one in use, and while it is changed the other one. */
  secrets: readonly string[]
  /** How old a signed time may be, and how far ahead. */
  toleranceSec?: number
  clock: Clock
  /** Where the signature is, when not where the scheme has it. */
  header?: string
}

export interface VerifiedWebhook {
  /**
   * What names the event among those of its provider, by something that is signed: for `applyOnce`. The `id` in the body, or the
   * digest of the body where it has none.
   */
  eventId: string
}

/**
 * Whether a body is from who knows one of the secrets, and recent. The body is the bytes that came: see `withRawBodies`.
 * @throws AppError, the same whatever is wrong with the signature.
 */
export function verifyWebhook(body: Uint8Array, headers: Headers, options: WebhookOptions): VerifiedWebhook {
  const { scheme, secrets, toleranceSec = 300, clock, header } = options
  refuseWeakSecrets(secrets)
  const claim = readClaim(scheme, body, headers, header)
  if (!claim || !isSigned(claim.signatures, secrets.map(claim.signatureBy))) throw notSigned()
  // Only who is signed is told that it is late.
  if (claim.signedAtSec !== null && Math.abs(clock.now() / 1000 - claim.signedAtSec) > toleranceSec) {
    const message = 'This event was signed too long ago, or by a clock that is ahead.'
    throw new AppError('unauthorized', message, { reason: 'webhook_too_old' })
  }
  return { eventId: claim.id ?? idInBody(body) ?? hash('sha256', body, 'hex') }
}

const mostSignatures = 20

/** Every one is compared with every one, so that the time does not say which was nearly right. */
function isSigned(given: readonly string[], right: readonly string[]): boolean {
  let found = false
  for (const signature of given.slice(0, mostSignatures))
    for (const each of right) found = equalDigests(signature, each) || found
  return found
}

function idInBody(body: Uint8Array): string | null {
  try {
    const { id } = JSON.parse(Buffer.from(body).toString('utf8')) as { id?: unknown }
    return typeof id === 'string' && /^[\x21-\x7e]{1,200}$/.test(id) ? id : null
  } catch {
    return null
  }
}

/** An empty secret would make everybody's signature right. */
function refuseWeakSecrets(secrets: readonly string[]): void {
  if (secrets.length === 0 || secrets.some((secret) => secret.replace(/^whsec_/, '').length < 16))
    throw new Error('webhooks: secrets are a list of texts of at least 16 characters, as the provider gives them')
}

function notSigned(): AppError {
  return new AppError('unauthorized', 'This event is not signed by who may send it.', { reason: 'webhook_not_signed' })
}
