import { refuse } from '../values/index.ts'

/**
 * One token of a Caddyfile. Between backticks nothing has a meaning, except that `{$NAME}` is replaced before the file is
 * read and `{name}` when a request comes: the values that reach this hold no brace.
 */
export function caddyWord(value: string, field: string): string {
  if (/[{}]/.test(value)) refuse(field, 'placeholder', 'holds a brace, which begins a placeholder of Caddy.')
  if (/^[A-Za-z0-9/*][A-Za-z0-9_.:/*@=+-]*$/.test(value)) return value
  if (!value.includes('`')) return `\`${value}\``
  // Inside double quotes a backslash before a quote is the only escape, so text with either cannot be told apart.
  if (!/["\\]/.test(value)) return `"${value}"`
  return refuse(field, 'not_quotable', 'mixes a backtick with double quotes or backslashes, which Caddy cannot quote.')
}

/** A directive with lines of its own, indented as `caddy fmt` does; without a head, the global options. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`.trimStart(), ...lines.map((line) => (line === '' ? '' : `\t${line}`)), '}']
}
