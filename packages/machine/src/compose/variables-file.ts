import { own, substitute, type Variables } from './interpolation.ts'
import { Unreadable } from './yaml-file.ts'

export interface VariablesFormat {
  /** What variables in values stand for; null where a dollar sign is one, as in version 1. */
  expanded: 'all' | 'braced' | null
  /** What is known beside the file itself. */
  known: Variables
  /** Each line as it is. */
  raw?: boolean
}

const maxNameCharacters = 200
const maxCharacters = 256 * 1024

/** `NAME=value` in every line, as compose reads it; refused where its readers differ. */
export function readVariablesFile(text: string, format: VariablesFormat): Variables {
  const read = new Map<string, string>()
  if (text.length > maxCharacters) throw new Unreadable(`it has more than ${maxCharacters} characters`)
  if (text.includes('\0')) throw new Unreadable('it has a character that no program can be given')
  const lines = new Lines(text)
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = '', sign, rest = ''] =
      /^[ \t]*(?:export[ \t]+)?([A-Za-z0-9_.[\]-]+)[ \t]*([=:]?)[ \t]*(.*)$/s.exec(line) ?? []
    if (name === '' || name.length > maxNameCharacters) throw new Unreadable(`line ${lines.number} is not NAME=value`)
    if (sign === '' && rest !== '') throw new Unreadable(`line ${lines.number} is not NAME=value`)
    const value = sign === '' ? own(format.known, name) : valueIn(rest, lines, { format, read })
    // As compose does: it is no name of a variable.
    if (value !== undefined && !/^\d/.test(name)) read.set(name, value)
  }
  return Object.fromEntries(read)
}

class Lines {
  readonly #lines: string[]
  number = 0

  constructor(text: string) {
    this.#lines = text.split('\n')
  }

  next(): string | null {
    const line = this.#lines[this.number]
    this.number += 1
    return line ?? null
  }
}

interface Reading {
  format: VariablesFormat
  /** The lines before. */
  read: ReadonlyMap<string, string>
}

function valueIn(written: string, lines: Lines, { format, read }: Reading): string {
  if (format.raw) return written.replace(/\r$/, '')
  const quote = written[0]
  if (quote !== '"' && quote !== "'") {
    return expand((written.split(' #')[0] ?? '').trimEnd(), { format, read })
  }
  const value = quoted(written.slice(1), quote, lines)
  if (quote === "'") return value.replaceAll("\\'", "'")
  return expand(withoutEscapes(value, format.expanded !== null), { format, read })
}

/** What is between the quotes, which may be several lines. */
function quoted(first: string, quote: string, lines: Lines): string {
  const begun = lines.number
  const before: string[] = []
  for (let line: string | null = first; line !== null; line = lines.next()) {
    const end = endOf(line, quote)
    if (end < 0) {
      before.push(line)
      continue
    }
    if (!/^\s*(#.*)?$/s.test(line.slice(end + 1))) throw new Unreadable(`line ${lines.number} goes on after its quotes`)
    return [...before, line.slice(0, end)].join('\n')
  }
  throw new Unreadable(`line ${begun} has quotes without an end`)
}

function endOf(text: string, quote: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === quote) return at
  }
  return -1
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '"': '"', '\\': '\\' },
}

function withoutEscapes(value: string, dollars: boolean): string {
  return value.replace(/\\([abfnrtv"\\$])/g, (all, letter: string) => {
    // A dollar sign that stands for itself.
    if (letter === '$') return dollars ? '$$' : all
    return escapes[letter] ?? all
  })
}

function expand(value: string, { format: { expanded, known }, read }: Reading): string {
  if (expanded === null || !value.includes('$')) return value
  return substitute(value, { lookUp: (name) => own(known, name) ?? read.get(name), bare: expanded === 'all' })
}
