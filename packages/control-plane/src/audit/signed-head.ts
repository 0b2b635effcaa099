import { signedHeadPattern } from '@ikoma/api'
import type { AuditHead } from '@ikoma/domain'
import { verifySignature } from '@ikoma/kernel/node'
import * as z from 'zod'
import type { Keyring } from '../keyring.ts'

/** Where the audit ended at a moment: kept where the database cannot be written, it shows later what was done to it. */
export interface HeadAt extends AuditHead {
  at: number
}

type Signer = Pick<Keyring, 'signText' | 'verifyKey'>

/** Key, number, hash and time. As an object it would look like a JWT, which logs hide. */
const headSchema = z.tuple([z.string(), z.number().int(), z.string(), z.number().int()])

/** The head under the control plane's signature, as one word that a person can paste. */
export function signHead({ seq, hash, at }: HeadAt, { signText, verifyKey }: Signer): string {
  const json = JSON.stringify([verifyKey.keyId, seq, hash, at] satisfies z.infer<typeof headSchema>)
  const body = `iko_head.2.${Buffer.from(json).toString('base64url')}`
  return `${body}.${signText(signed(body))}`
}

/** The head, or why it is none of ours: another control plane signed it, or nobody did. */
export function readHead(text: string, { verifyKey }: Pick<Signer, 'verifyKey'>): HeadAt | 'foreign' | 'forged' {
  if (text.match(signedHeadPattern)?.[0] !== text) return 'forged'
  const end = text.lastIndexOf('.')
  const [body, signature] = [text.slice(0, end), text.slice(end + 1)]
  const parsed = headSchema.safeParse(jsonOf(body.slice(body.lastIndexOf('.') + 1)))
  if (!parsed.success) return 'forged'
  const [keyId, seq, hash, at] = parsed.data
  if (keyId !== verifyKey.keyId) return 'foreign'
  return verifySignature(verifyKey.publicKey, Buffer.from(signed(body)), signature) ? { seq, hash, at } : 'forged'
}

const signed = (body: string) => `ikoma-audit-head-2\n${body}`

function jsonOf(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return null
  }
}
