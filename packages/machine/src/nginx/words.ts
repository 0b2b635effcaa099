import { refuse } from '../values/index.ts'

/** One parameter of a directive. `$` begins a variable even between quotes, and nginx has no escape for it. */
export function nginxWord(value: string, field: string): string {
  if (value.includes('$')) refuse(field, 'variable', 'holds a $, which begins a variable of nginx.')
  if (/^[A-Za-z0-9_.:/@=+-]+$/.test(value)) return value
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => (line === '' ? '' : `    ${line}`)), '}']
}
