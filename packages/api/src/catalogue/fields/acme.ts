import * as z from 'zod'
import { label } from './domain.ts'
import { pathField } from './path.ts'

/** Where `tls.certificate.issue` puts its answers and a site serves them from, unless both are told otherwise. */
export const acmeWebrootField = pathField.default('/var/lib/ikoma-acme')

export const emailField = z
  .string()
  .max(254)
  .regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@${label}(?:\\.${label})+$`), 'an e-mail address')

/** Of an ACME authority other than Let's Encrypt. */
export const acmeDirectoryField = z
  .string()
  .max(500)
  .regex(
    new RegExp(`^https://${label}(?:\\.${label})*(:[0-9]{1,5})?(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]+)*/?$`),
    'an https:// address without user, query or fragment',
  )
