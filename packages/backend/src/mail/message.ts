import { hash } from 'node:crypto'
import * as z from 'zod'
import { MailError } from './mail-error.ts'

export interface Mailbox {
  name?: string
  address: string
}

export interface Mail {
  /** One: so that a refusal says whose it is. */
  to: Mailbox
  subject: string
  text: string
  html?: string
  /** The same for each attempt, so that a second is not a second mail where readers look at it: see `messageIdFor`. */
  messageId: string
  locale?: Locale
}

export type Locale = 'fr' | 'en'

const email = z.email().max(254)
const messageIdPattern = /^<[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,120}>$/
const maxLength = { name: 100, subject: 200, body: 1_000_000 }

/** @throws MailError, for good, when it is no mail: no text, no address. Lines in what becomes a header become spaces. */
export function readMail(mail: Mail): Mail {
  if (mail.text.trim() === '') throw wrong('text_missing', 'A mail has a text, besides what HTML it has.')
  if (mail.text.length + (mail.html?.length ?? 0) > maxLength.body) throw wrong('too_long', 'The mail is too long.')
  if (!messageIdPattern.test(mail.messageId))
    throw wrong('message_id_invalid', 'The Message-ID is none: use messageIdFor.')
  return { ...mail, to: readMailbox(mail.to), subject: oneLine(mail.subject, maxLength.subject) }
}

export function readMailbox({ name, address }: Mailbox): Mailbox {
  if (!email.safeParse(address).success) throw wrong('address_invalid', 'The address of the mail is not valid.')
  const plain = oneLine(name ?? '', maxLength.name)
  return plain === '' ? { address } : { name: plain, address }
}

/** `key` names the mail among all: a reminder of one booking at one time, a token's digest. */
export function messageIdFor(key: string, domain: string): string {
  return `<${hash('sha256', key, 'hex').slice(0, 40)}@${domain}>`
}

/** Control and direction characters would make other headers, or other words, of it. */
function oneLine(text: string, most: number): string {
  const plain = text.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return [...plain].slice(0, most).join('')
}

function wrong(reason: string, message: string): MailError {
  return new MailError(reason, message, { permanent: true })
}
