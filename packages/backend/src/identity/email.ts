import { AppError } from '@ikoma/kernel'
import * as z from 'zod'

const address = z.email().max(254)

export interface Email {
  /** As it was typed, where mail goes. */
  address: string
  /** The same for every way to write it that mailboxes do not tell apart in practice. */
  key: string
}

export function readEmail(text: string, name = 'email'): Email {
  const email = findEmail(text)
  if (email) return email
  const field = { field: name, message: 'is not an e-mail address' }
  throw new AppError('invalid', 'The e-mail address is not valid.', { reason: 'email_invalid', fields: [field] })
}

/** Null for what cannot be one: then there is no account either. */
export function findEmail(text: string): Email | null {
  const trimmed = text.trim().normalize('NFKC')
  return address.safeParse(trimmed).success ? { address: trimmed, key: trimmed.toLowerCase() } : null
}
