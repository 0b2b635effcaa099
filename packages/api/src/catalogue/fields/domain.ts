import * as z from 'zod'

export const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** As it stands in a certificate: lower case, no wildcard, international names in their `xn--` form. */
const domainField = z
  .string()
  .regex(new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?!\\d+$)${label}$`), 'a domain name in lower case')
export const domainsField = z.array(domainField).min(1).max(50)
