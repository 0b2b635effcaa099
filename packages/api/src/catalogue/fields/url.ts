import * as z from 'zod'

/**
 * An address over http or https, as it is asked for. A parser of URLs drops control characters and spaces at the ends, and
 * line breaks and tabs anywhere: what is stored and shown would be another text than what is asked.
 */
export const urlField = z
  .string()
  .max(2000)
  .refine((text) => !/[\s\p{C}]/u.test(text), 'must be an address without spaces and control characters')
  .pipe(z.url({ protocol: /^https?$/ }))
