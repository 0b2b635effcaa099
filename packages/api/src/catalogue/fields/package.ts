import * as z from 'zod'

/** Of a Debian package. apt would read a `-` at the end as "remove it". */
export const packageField = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9+.-]*[a-z0-9+]$/, 'a Debian package: lower-case letters, digits and + - .')

export const upgradeDependenciesField = z
  .boolean()
  .default(false)
  .describe('Whether packages that are installed may be updated where a new one needs it.')
