import { type Check, refuse } from './refusal.ts'

/** Linux takes 128 KiB for one argument or one NAME=value; half of it leaves room for the name and for escapes. */
const maxTextBytes = 65_536
const maxLineBytes = 1_000

/** Any text a process can be given as an argument or a variable: Unicode without NUL. */
export const text: Check<string> = (value, field) => {
  if (typeof value !== 'string' || !value.isWellFormed()) refuse(field, 'not_text', 'is not valid Unicode text.')
  if (value.includes('\0')) refuse(field, 'nul_character', 'holds a NUL character, which no process can be given.')
  return within(value, field, maxTextBytes)
}

/** Text for people on one line, such as a description. */
export const line: Check<string> = (value, field) => {
  text(value, field)
  if (value.trim() !== value || value === '') refuse(field, 'not_a_line', 'is empty, or begins or ends with a space.')
  if (/[\p{Cc}\u2028\u2029]/u.test(value)) refuse(field, 'not_a_line', 'is one line without control characters.')
  return within(value, field, maxLineBytes)
}

function within(value: string, field: string, maxBytes: number): string {
  return Buffer.byteLength(value) <= maxBytes ? value : refuse(field, 'too_long', `is longer than ${maxBytes} bytes.`)
}
