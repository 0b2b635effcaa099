import { absolutePath, entries, line, refuse, text, variableName } from '../values/index.ts'

/** `%` begins a specifier in nearly every setting: systemd.unit(5), "SPECIFIERS". */
const withoutSpecifiers = (value: string) => value.replaceAll('%', '%%')

/** A setting that takes the rest of its line as it stands, such as Description=. */
export function unitText(value: string, field: string): string {
  line(value, field)
  if (value.endsWith('\\')) refuse(field, 'not_a_line', 'ends with a backslash, which would join the next line to it.')
  return withoutSpecifiers(value)
}

/**
 * ProtectHome= shows a unit empty folders there: it would fail when it starts, with an error that nobody understands. Its own
 * home is let in.
 */
export function visiblePath(value: string, field: string, home?: string): string {
  const path = absolutePath(value, field)
  const own = ownHome(home)
  if (own !== null && (path === own || path.startsWith(`${own}/`))) return path
  return /^\/(home|root|run\/user)(\/|$)/.test(path) ? refuse(field, 'hidden_path', 'is not visible to a unit.') : path
}

/** A home right below /home: deeper, it could be in another account's. Null for one elsewhere, which needs no way in. */
export function ownHome(home: string | undefined): string | null {
  return home !== undefined && /^\/home\/[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(home) ? home : null
}

/**
 * ExecStart= for exactly this argv: systemd.service(5), "COMMAND LINES". The program is an absolute path, so it cannot begin
 * with one of the prefixes `@ - : + !`; `$$` keeps variables in arguments from being replaced.
 */
export function commandLine(argv: readonly string[], field: string): string {
  const [program, ...args] = argv
  if (program === undefined) return refuse(field, 'missing', 'needs a program.')
  const words = args.map((arg, index) => quoted(text(arg, `${field}/${index + 1}`).replaceAll('$', '$$$$')))
  return [visiblePath(program, `${field}/0`), ...words].join(' ')
}

/** One Environment= line a variable. `$` has no meaning there: systemd.exec(5). */
export function environmentLines(environment: Readonly<Record<string, string>> | undefined, field: string): string[] {
  return entries(environment, field, variableName).map(
    ([variable, value, at]) => `Environment=${quoted(`${variable}=${text(value, at)}`)}`,
  )
}

/** Quoting and C escapes of systemd.syntax(7). Quotes also keep a lone `;` from beginning another command. */
function quoted(word: string): string {
  const known = withoutSpecifiers(word)
  if (/^[A-Za-z0-9_@%+=:,./$-]+$/.test(known)) return known
  return `"${known.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, escapeControl)}"`
}

function escapeControl(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
