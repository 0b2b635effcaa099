import { saysSecret } from './secret-name.ts'
import { endOfValue, isOrdinaryValue, type Value, valueAt } from './secret-value.ts'

/** A stretch of text that must not be shown. `from`: where it can be recognised; `hideFrom`: where it must be hidden. */
export interface Span {
  from: number
  hideFrom: number
  to: number
}

/** More than a 16,384-bit RSA key needs; an END that never comes hides no more than this. */
export const maxPemLength = 16_384

/**
 * What looks like a secret in `text`: by its name (`password=`, `--token x`, `Set-Cookie:`, `{"pin":"…"}` at any depth of
 * quoting) or by its look (a key block, a JWT, a password in a URL). In time that grows with the text alone: whatever is
 * read from a place has a bound.
 */
export function secretSpans(text: string): Span[] {
  return [...namedSpans(text), ...flagSpans(text), ...patternSpans(text), ...pemSpans(text)]
}

const longestName = 80
const nameLetters = new Set('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$@-')
const closing = new Set(['"', "'", '`', '\\', ']'])

/** `name=value`, `name: value`, `'name' => value`, the same in quotes that are escaped, and in a URL. */
function* namedSpans(text: string): Generator<Span> {
  // What is hidden is not looked into: `token=token=token=` would take time that grows faster than it does.
  let hiddenTo = 0
  for (const { index, 0: separator } of text.matchAll(/[:=]=?>?|%3[Dd]/g)) {
    if (index < hiddenTo) continue
    const name = nameBefore(text, index)
    if (name === null || !namesSecret(text, name, separator)) continue
    const at = index + separator.length
    const span =
      isHeader(name.text) && separator === ':' && !name.quoted ? headerSpan(text, name, at) : valueSpan(text, name, at)
    if (span === null) continue
    hiddenTo = span.to
    yield span
  }
}

interface Name {
  text: string
  from: number
  /** The quote it stands in; a name may be in escaped ones. */
  quoted: boolean
  /** What stands before it. */
  before: string
}

function nameBefore(text: string, end: number): Name | null {
  let to = end
  while (to > 0 && end - to < 3 && (text[to - 1] === ' ' || text[to - 1] === '\t')) to -= 1
  const quoted = closing.has(text[to - 1] ?? '')
  while (to > 0 && end - to < 14 && closing.has(text[to - 1] ?? '')) to -= 1
  let from = to
  while (from > 0 && to - from < longestName && nameLetters.has(text[from - 1] ?? '')) from -= 1
  if (from === to) return null
  return { text: text.slice(from, to), from, quoted, before: text.slice(Math.max(0, from - 1), from) }
}

function isHeader(name: string): boolean {
  return /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-[\w-]{1,40})$/i.test(name) && saysSecret(name)
}

/** To the end of the line, or of the quotes it is in; a scheme such as `Bearer` may be seen. */
function headerSpan(text: string, { from, before }: Name, at: number): Span | null {
  const begin = at + (/^[ \t]{0,3}/.exec(text.slice(at, at + 3))?.[0].length ?? 0)
  const hideFrom = begin + schemeLength(text, begin)
  if (isOrdinaryValue(text.slice(hideFrom, hideFrom + peekLength).split(/["'`\n]/, 1)[0] ?? '')) return null
  const to = endOf(text, begin, /["'`]/.test(before) ? before : '\n')
  return to <= hideFrom ? null : { from, hideFrom, to }
}

function endOf(text: string, from: number, close: string): number {
  const line = text.indexOf('\n', from)
  const lineEnd = line === -1 ? text.length : line
  const end = close === '\n' ? lineEnd : text.slice(from, lineEnd).indexOf(close)
  const to = close === '\n' ? lineEnd : end === -1 ? lineEnd : from + end
  return text[to - 1] === '\r' ? to - 1 : to
}

function schemeLength(text: string, at: number): number {
  return /^[A-Za-z][A-Za-z0-9-]{0,19}[ \t]{1,3}(?=\S)/.exec(text.slice(at, at + 24))?.[0].length ?? 0
}

/** As much of a value as is looked at to know what it is. */
const peekLength = 64

function valueSpan(text: string, name: Name, at: number): Span | null {
  const whole = isVariable(name.text)
  const peeked = valueAt(text, at, whole, peekLength)
  if (peeked === null || !isSecretValue(name.text, peeked)) return null
  const value = valueAt(text, at, whole) ?? peeked
  const scheme = /authorization/i.test(name.text) ? schemeLength(text, value.from) : 0
  if (scheme === 0) return { from: name.from, hideFrom: value.from, to: value.to }
  // `authorization=Bearer x`: what follows the scheme belongs to it.
  const to = value.quoted ? value.to : endOfValue(text, value.from + scheme, false)
  return { from: name.from, hideFrom: value.from + scheme, to }
}

function isSecretValue(name: string, { text: value, quoted }: Value): boolean {
  if (/^lease$/i.test(name)) return /^[0-9a-f-]{32,36}$/i.test(value)
  if (/^pass$/i.test(name) && /^\d{1,4}$/.test(value)) return false
  return !isOrdinaryValue(value, quoted)
}

function isVariable(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name)
}

/** Short words that name a secret in a field, and mean something else in prose: `Last login: Monday`, `key: up`. */
const ambiguous =
  /^(?:key|login|auth|pin|sid|lease|session|sig|signature|cookies?|pw|otp|hmac|pat|dsn|authorization|jwt|bearer)$/i

function namesSecret(text: string, { text: name, from, before, quoted }: Name, separator: string): boolean {
  if (!saysSecret(name) && !saysSecret(name.replace(/^.*[.@$](?=\w)/, ''))) return false
  const inQuery = /[?&;]/.test(before)
  if (/^key$/i.test(name)) return inQuery || (isVariable(name) && separator === '=')
  if (!ambiguous.test(name) || quoted || inQuery) return true
  // `=` with nothing around it is an assignment; a colon is one where a line, a list or an object begins with the name.
  if (separator !== ':' && (text[from + name.length] !== ' ' || isVariable(name))) return true
  return beginsClause(text, from)
}

function beginsClause(text: string, from: number): boolean {
  return /(?:^|[\n{[(,;|>"'`]|- ?)[ \t]{0,40}(?:export )?$/.test(text.slice(Math.max(0, from - 48), from))
}

/** `--token X`, `-password 'x y'`, and in a list of arguments `'--token', 'X'`. */
function* flagSpans(text: string): Generator<Span> {
  for (const match of text.matchAll(
    /(?<![\w-])--?([A-Za-z][\w.-]{1,60})(?:[ \t]{1,3}|\\{0,7}["'][ \t]{0,3},?[ \t]{0,3}(?=\\{0,7}["']))/g,
  )) {
    const [whole, name = ''] = match
    if (!saysSecret(name)) continue
    const value = valueAt(text, match.index + whole.length, true)
    if (value === null || value.text.startsWith('-') || isOrdinaryValue(value.text.slice(0, peekLength), value.quoted))
      continue
    if (/key$/i.test(name) && /^[./~]/.test(value.text)) continue
    yield { from: match.index, hideFrom: value.from, to: value.to }
  }
}

const word = `(?:"[^"\\n]{1,2000}"|'[^'\\n]{1,2000}'|[^\\s"']{1,2000})`
const clients =
  '(?:mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mariadb-dump|mariadb-admin|mongo|mongosh|mongodump|7z|7za)'

// What is looked for only where one of these words, in lower case, stands. The last group of each is what is hidden. What
// may repeat is counted, or may begin nowhere within itself: both keep them linear on hostile output.
const patterns: [hints: string[], pattern: RegExp][] = [
  [['iko_'], /(iko_[a-z]{1,20}_[A-Za-z0-9]{8,200})/g],
  [['bearer'], /\bbearer[^\S\n]{1,3}([A-Za-z0-9._~+/=-]{8,8000})/gi],
  [['basic'], /\bBasic[^\S\n]{1,3}((?=[A-Za-z]{0,40}[0-9+/=])[A-Za-z0-9+/]{6,2000}={0,2})/g],
  // Up to the last `@` before the host: a password may hold one.
  [['://'], /:\/\/([^\s/:@]{0,256}:[^\s/"'<>]{1,1024}|[^\s/:@]{16,1024})@/g],
  [['://'], /:\/\/([^\s/:@]{0,256}:(?!\d{1,5}[/?#])[^\s"'<>@]{1,512})@(?=[\w.[-])/g],
  // A head of the audit is no token: the log is where it is kept.
  [
    ['eyj'],
    /(?<![A-Za-z0-9_-]|\biko_head\.2\.)(eyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{5,8000}(?:\.[A-Za-z0-9_-]{0,2000})?)/g,
  ],
  [['akia', 'asia', 'aroa', 'aida'], /(?<![A-Za-z0-9])((?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16})(?![A-Za-z0-9])/g],
  [
    ['gh', 'glpat', 'xox', 'sk-', 'sk_', 'rk_', 'whsec', 'npm_', 'pypi-', 'aiza', 'sg.', 'hvs.', 'hvb.', 'dop_'],
    /(?<![A-Za-z0-9_-])((?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-|sk_live_|sk_test_|rk_live_|whsec_|npm_|pypi-|AIza|SG\.|hv[sb]\.|dop_v1_)[A-Za-z0-9_.-]{16,300})/g,
  ],
  // curl -u name:password; numbers are accounts and groups.
  [
    ['-u', '--proxy-user'],
    /(?<![\w-])(?:-u|--user|--proxy-user|-U)(?:[ \t]{1,3}|=|(?=["']))["']?(?!\d{1,10}:\d)[^\s:"'/]{1,100}[:%]([^\s"'/]{1,500})/g,
  ],
  [['redis-cli'], new RegExp(`\\bredis-cli\\b[^\\n|;]{0,200}?\\s(?:-a|--pass)[ \\t]{1,3}(${word})`, 'g')],
  [['mysql', 'mariadb', 'mongo', '7z'], new RegExp(`(?<![\\w.-])${clients}\\b[^\\n|;]{0,200}?\\s-p(${word})`, 'g')],
  [
    ['sshpass', 'docker login', 'mongo', 'plink', 'ldap', 'sqlcmd'],
    new RegExp(
      `(?<![\\w.-])(?:sshpass|docker login|mongosh?|mongodump|plink|ldapsearch|ldapadd|sqlcmd)\\b[^\\n|;]{0,200}?\\s-(?:pw|[pwP])[ \\t]{1,3}(${word})`,
      'g',
    ),
  ],
  [
    ['identified', 'password', 'requirepass', 'masterauth'],
    /\b(?:identified\s{1,3}by|password|requirepass|masterauth)[ \t]{1,3}E?('(?:[^'\n]|''){1,500}')/gi,
  ],
  [['requirepass', 'masterauth'], new RegExp(`^[ \\t]{0,20}(?:requirepass|masterauth)[ \\t]{1,8}(${word})`, 'gim')],
  [['login'], /\blogin[ \t]{1,3}\S{1,100}[ \t]{1,3}password[ \t]{1,3}(\S{1,500})/g],
  [
    ['value'],
    /\\{0,7}["']name\\{0,7}["'][ \t]{0,3}[:=][ \t]{0,3}\\{0,7}["'](?:[A-Za-z0-9_]{0,60}(?:PASS|SECRET|TOKEN|PWD|KEY|AUTH|CREDENTIAL|LOGIN|PIN|COOKIE)[A-Z]{0,20})\\{0,7}["'][ \t]{0,3},[ \t]{0,3}\\{0,7}["']value\\{0,7}["'][ \t]{0,3}[:=][ \t]{0,3}\\{0,7}["']([^"'\n\\]{1,2000})/gi,
  ],
  [
    ['authorization', 'cookie', 'x-api-key'],
    /\\{0,7}["'](?:proxy-authorization|authorization|set-cookie|cookie|x-api-key)\\{0,7}["'][ \t]{0,3},[ \t]{0,3}\\{0,7}["']([^"'\n\\]{1,4000})/gi,
  ],
]

function* patternSpans(text: string): Generator<Span> {
  const lower = text.toLowerCase()
  for (const [hints, pattern] of patterns) {
    if (!hints.some((hint) => lower.includes(hint))) continue
    for (const match of text.matchAll(pattern)) {
      const [whole, hidden = ''] = match
      // The hidden group is the last thing in a match, except for the `@` after a URL's credentials.
      const hideFrom = match.index + whole.lastIndexOf(hidden)
      yield { from: match.index, hideFrom, to: hideFrom + hidden.length }
    }
  }
  for (const match of text.matchAll(/<([A-Za-z][\w:.-]{0,60})>([^<\n]{1,4000})/g)) {
    const [, name = '', value = ''] = match
    if (!saysSecret(name) || /^key$/i.test(name) || isOrdinaryValue(value)) continue
    yield { from: match.index, hideFrom: match.index + name.length + 2, to: match.index + match[0].length }
  }
}

const pemBegin = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g
const pemEnd = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/

/** A block whose END has not come yet reaches past the text: it may go on in what follows. */
function pemSpans(text: string): Span[] {
  const spans: Span[] = []
  pemBegin.lastIndex = 0
  for (let begin = pemBegin.exec(text); begin; begin = pemBegin.exec(text)) {
    const most = begin.index + maxPemLength
    const end = pemEnd.exec(text.slice(begin.index, most))
    const to = end ? begin.index + end.index + end[0].length : most
    spans.push({ from: begin.index, hideFrom: begin.index, to })
    pemBegin.lastIndex = to
  }
  return spans
}

/** The same stretches in order, those that meet as one. */
export function mergedSpans(spans: Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.sort((a, b) => a.hideFrom - b.hideFrom)) {
    const last = merged.at(-1)
    if (last && span.hideFrom <= last.to) {
      last.to = Math.max(last.to, span.to)
      last.from = Math.min(last.from, span.from)
    } else {
      merged.push({ ...span })
    }
  }
  return merged
}
