import { type Check, entries, matching } from './refusal.ts'

export type Headers = Readonly<Record<string, string>>

const headerName: Check<string> = matching(
  /^[A-Z][A-Za-z0-9-]{0,99}$/,
  'not_a_header',
  'has a name that is not spelt like "X-Frame-Options": a capital, then letters, digits and -',
)

const headerValue: Check<string> = matching(
  /^(?! )[\x20-\x7e]{1,2000}(?<! )$/,
  'not_a_header_value',
  'is printable ASCII without a space at either end.',
)

export function headers(record: Headers | undefined, field: string): [name: string, value: string, field: string][] {
  return entries(record, field, headerName).map(([name, value, at]) => [name, headerValue(value, at), at])
}
