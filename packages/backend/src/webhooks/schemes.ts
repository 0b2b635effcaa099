import { createHmac } from 'node:crypto'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** What came with a body, and how its signature is made from each secret; null when the headers are not of the scheme. */
export interface Claim {
  /** Seconds; null where the scheme signs no time. */
  signedAtSec: number | null
  /** Signed; null where the id is in the body, or nowhere. */
  id: string | null
  signatures: readonly string[]
  signatureBy(secret: string): string
}

export type Scheme = 'stripe' | 'standard-webhooks' | 'hmac-sha256'

export function readClaim(scheme: Scheme, body: Uint8Array, headers: Headers, header?: string): Claim | null {
  if (scheme === 'stripe') return readStripe(body, one(headers, header ?? 'stripe-signature'))
  if (scheme === 'standard-webhooks') return readStandard(body, headers)
  return readPlain(body, one(headers, header ?? 'x-hub-signature-256'))
}

/** docs.stripe.com/webhooks/signature: `t=1492774577,v1=<hex>,v1=<hex>`; other versions, as `v0` of tests, say nothing. */
function readStripe(body: Uint8Array, value: string): Claim | null {
  const pairs = value.split(',').map((pair) => pair.trim().split('='))
  const times = pairs.filter(([name]) => name === 't').map(([, time = '']) => time)
  const signatures = pairs.filter(([name]) => name === 'v1').map(([, signature = '']) => signature)
  const [time = ''] = times
  if (times.length !== 1 || !isSeconds(time) || signatures.length === 0) return null
  const signatureBy = (secret: string) => hmac(secret, `${time}.`, body).digest('hex')
  return { signedAtSec: Number(time), id: null, signatures, signatureBy }
}

/** The specification of Standard Webhooks, "Signature scheme": `v1,<base64>` one or several times, with spaces between. */
function readStandard(body: Uint8Array, headers: Headers): Claim | null {
  const [id, time] = [one(headers, 'webhook-id'), one(headers, 'webhook-timestamp')]
  const signatures = one(headers, 'webhook-signature')
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
  // A dot in the id would let it take part of the time, or of the body.
  if (!/^[^\s.]{1,200}$/.test(id) || !isSeconds(time) || signatures.length === 0) return null
  const key = (secret: string) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signatureBy = (secret: string) => `v1,${hmac(key(secret), `${id}.${time}.`, body).digest('base64')}`
  return { signedAtSec: Number(time), id, signatures, signatureBy }
}

/** GitHub's, "Validating webhook deliveries": `sha256=<hex>`; or the digest alone. */
function readPlain(body: Uint8Array, value: string): Claim | null {
  const digest = value.replace(/^sha256=/, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digest)) return null
  return {
    signedAtSec: null,
    id: null,
    signatures: [digest],
    signatureBy: (secret) => hmac(secret, '', body).digest('hex'),
  }
}

/** A header that came twice is none: two readers would take two values. */
function one(headers: Headers, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

function isSeconds(text: string): boolean {
  return /^\d{1,12}$/.test(text)
}

function hmac(key: string | Uint8Array, before: string, body: Uint8Array) {
  return createHmac('sha256', key).update(before).update(body)
}
