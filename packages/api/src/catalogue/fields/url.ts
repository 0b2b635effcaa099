import * as z from 'zod'

const address = z.url({ protocol: /^https?$/ })

/**
 * An address over http or https, as it is asked for. A parser of URLs drops control characters and spaces at the ends, and
 * line breaks and tabs anywhere: what is stored and shown would be another text than what is asked.
 */
export const urlField = z
  .stringFormat(
    'url',
    (text) => !/[\s\p{C}]/u.test(text) && address.safeParse(text).success,
    'must be an address over http or https, without spaces and control characters',
  )
  .max(2000)
