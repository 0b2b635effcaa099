import * as z from 'zod'

const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
/** A name of labels that is no number, which some programs would read as an address in one of its older forms. */
const name = new RegExp(`^(?:${label}\\.)*(?!\\d+\\.?$|0[xX][0-9A-Fa-f]*\\.?$)${label}\\.?$`)

export const hostField = z
  .string()
  .max(253)
  .refine((text) => name.test(text) || isAddress(text), 'a host name or an IP address')

export const waitField = z
  .number()
  .int()
  .min(100)
  .max(30_000)
  .default(10_000)
  .describe('Milliseconds that an answer of the host is waited for.')

export const untilField = z
  .number()
  .int()
  .min(0)
  .max(300)
  .default(0)
  .describe('Seconds in which it is asked again until it passes; by default it is asked once.')

function isAddress(text: string): boolean {
  return z.ipv4().safeParse(text).success || z.ipv6().safeParse(text).success
}
