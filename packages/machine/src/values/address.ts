import { isIP, isIPv4, isIPv6 } from 'node:net'
import { type Check, matching, refuse } from './refusal.ts'

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** A domain as it stands in a certificate: lower case, no wildcard, international names in their `xn--` form. */
export const domainName: Check<string> = matching(
  new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?!\\d+$)${label}$`),
  'not_a_domain',
  'is a domain name in lower case such as "api.example.com" (write é and the like in the xn-- form).',
)

const hostName = matching(
  new RegExp(`^(?=.{1,253}$)(?:${label}\\.)*(?!\\d+$)${label}$`),
  'not_a_host',
  'is a host name or an IP address.',
)

/** An address as it is written before a port: IPv6 in brackets. */
export const ipAddress: Check<string> = (value, field) => {
  const text = typeof value === 'string' ? value : ''
  if (isIPv6(text) && !text.includes('%')) return `[${text}]`
  return isIPv4(text) ? text : refuse(field, 'not_an_ip_address', 'is an IP address.')
}

const host: Check<string> = (value, field) => (isIP(value) ? ipAddress(value, field) : hostName(value, field))

export interface Address {
  host: string
  port: number
}

export function address(value: Address, field: string): string {
  return `${host(value.host, `${field}/host`)}:${port(value.port, `${field}/port`)}`
}

export const port: Check<number> = (value, field) => whole(value, field, 1, 65_535)

/** Every number in a rendered file: no fraction, no exponent, no NaN. */
export function whole(value: number, field: string, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  return refuse(field, 'not_a_number', `is a whole number from ${min} to ${max}.`)
}

const maxSec = 31_536_000
export const seconds: Check<number> = (value, field) => whole(value, field, 1, maxSec)
export const bytes: Check<number> = (value, field) => whole(value, field, 1, 2 ** 50)

export const httpsUrl: Check<string> = matching(
  new RegExp(`^https://${label}(?:\\.${label})*(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?$`),
  'not_an_https_url',
  'is an https:// address without user, query or fragment.',
)

export const email: Check<string> = matching(
  new RegExp(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@${label}(?:\\.${label})+$`),
  'not_an_email',
  'is an e-mail address.',
)
