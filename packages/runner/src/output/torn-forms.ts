import type { Span } from '@ikoma/kernel'

/** As much of a spelling as is hidden when a line ends within it; less could be anything, and so could a longer word. */
const leastPiece = 8
const longestWord = 12

/**
 * Known secrets that a line break has torn: programs wrap base64 at 64 or 76 letters. Hardly any line has a piece of one,
 * and a program may print faster than each line could be held against each spelling: a line is looked at closely only
 * when what stands where a piece would begin may be of a spelling: by two letters, and by the sum of eight.
 */
export class TornForms {
  readonly #forms: readonly string[]
  readonly #longest: number
  readonly #heads = new Uint8Array(1 << 16)
  readonly #tails = new Uint8Array(1 << 16)
  readonly #ends = new Uint8Array(1 << 16)
  readonly #within = new Uint8Array(1 << 16)

  constructor(forms: readonly string[]) {
    this.#forms = forms.filter(({ length }) => length >= 2 * leastPiece)
    this.#longest = this.#forms.reduce((longest, { length }) => Math.max(longest, length), 0)
    for (const form of this.#forms) {
      const tail = form.length - leastPiece
      this.#heads[pairAt(form, 0)] = 1
      this.#tails[pairAt(form, tail)] = 1
      for (const at of [0, tail]) this.#ends[hashAt(form, at)] = 1
      for (let at = 0; at + leastPiece <= form.length; at += 1) this.#within[hashAt(form, at)] = 1
    }
  }

  *spans(text: string): Generator<Span> {
    if (this.#forms.length === 0) return
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      const next = end === -1 ? text.length : end
      const to = text[next - 1] === '\r' && next > from ? next - 1 : next
      if (this.#mayHold(text, from, to)) {
        const line = text.slice(from, to)
        for (const form of this.#forms) yield* piecesOf(form, line, from)
      }
      from = next + 1
    }
  }

  #mayHold(text: string, from: number, to: number): boolean {
    const last = to - leastPiece
    const near = Math.max(from, to - this.#longest)
    if (this.#mayBegin(this.#heads, text, near, last)) return true
    let begin = from
    while (begin < to && isSpace(text.charCodeAt(begin))) begin += 1
    if (this.#mayBegin(this.#tails, text, from, Math.min(last, begin + this.#longest))) return true
    return begin <= last && this.#within[hashAt(text, begin)] === 1
  }

  #mayBegin(pairs: Uint8Array, text: string, from: number, last: number): boolean {
    for (let at = from; at <= last; at += 1)
      if (pairs[pairAt(text, at)] === 1 && this.#ends[hashAt(text, at)] === 1) return true
    return false
  }
}

function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) & 255) << 8) | (text.charCodeAt(at + 1) & 255)
}

function hashAt(text: string, at: number): number {
  let hash = 0
  for (let n = at; n < at + leastPiece; n += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(n)) | 0
  return (hash ^ (hash >>> 16)) & 65_535
}

/** As `trim` sees it. */
function isSpace(code: number): boolean {
  return code === 32 || (code > 8 && code < 14) || (code > 127 && /\s/.test(String.fromCharCode(code)))
}

function isTelling(piece: string): boolean {
  return piece.length >= longestWord || !/^[a-z]+$|^[A-Z]+$/.test(piece)
}

function* piecesOf(form: string, line: string, from: number): Generator<Span> {
  const head = form.slice(0, leastPiece)
  const tail = form.slice(-leastPiece)
  // Only what reaches the end of the line, or its beginning, can go on in another.
  const near = Math.max(0, line.length - form.length)
  for (let at = line.indexOf(head, near); at !== -1; at = line.indexOf(head, at + 1)) {
    if (form.startsWith(line.slice(at)) && isTelling(line.slice(at)))
      yield { from: from + at, hideFrom: from + at, to: from + line.length }
  }
  const indent = line.length - line.trimStart().length
  const begin = line.slice(0, indent + form.length)
  for (let at = begin.lastIndexOf(tail); at !== -1; at = at === 0 ? -1 : begin.lastIndexOf(tail, at - 1)) {
    const to = at + tail.length
    const piece = line.slice(indent, to)
    if (form.endsWith(piece) && isTelling(piece)) yield { from: from + indent, hideFrom: from + indent, to: from + to }
  }
  const whole = line.trim()
  if (whole.length >= 2 * leastPiece && form.includes(whole)) {
    yield { from: from + indent, hideFrom: from + indent, to: from + indent + whole.length }
  }
}
