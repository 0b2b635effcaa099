import { hideInValue, hideSpans, maxPemLength, type Span } from '@ikoma/kernel'
import { secretForms } from './secret-forms.ts'
import { findSpans, type KnownForms } from './secret-spans.ts'
import { TornForms } from './torn-forms.ts'

/** A pattern split further apart than this may be missed; a known secret never is. */
const minOverlap = 1024

/** Hides known secrets, in any usual spelling, and what looks like one. */
export class Redaction {
  readonly #known: KnownForms
  readonly #longest: number

  constructor(secrets: readonly string[]) {
    const forms = secretForms(secrets)
    this.#known = { forms, torn: new TornForms(forms) }
    this.#longest = forms.reduce((longest, form) => Math.max(longest, form.length), 0)
  }

  text(text: string): string {
    return hideSpans(text, findSpans(text, this.#known))
  }

  /** Every string in a JSON value, keys included; also makes them storable (no NUL, no half surrogates). */
  value<T>(value: T): T {
    return hideInValue(value, (text) => storable(this.text(text))) as T
  }

  /** For text that comes in pieces: a secret across pieces is hidden as well. */
  stream(): StreamRedactor {
    return new StreamRedactor((text) => findSpans(text, this.#known), Math.max(minOverlap, this.#longest))
  }
}

/**
 * Lets go of text up to the last line break, since nothing but a key block spans lines. Of a line without end it lets
 * go of all but a tail as long as the longest secret, so that memory stays bounded.
 */
export class StreamRedactor {
  readonly #find: (text: string) => Span[]
  readonly #overlap: number
  readonly #limit: number
  #held = ''
  /** The text ran into a secret longer than may be held: what follows belongs to it until a separator. */
  #inSecret = false

  constructor(find: (text: string) => Span[], overlap: number) {
    this.#find = find
    this.#overlap = overlap
    this.#limit = 2 * Math.max(overlap, maxPemLength)
  }

  push(text: string): string {
    this.#held += this.#inSecret ? this.#afterSecret(text) : text
    // Nothing ends here: looking through all that is held for each letter would take its square.
    if (this.#held.length <= this.#limit && !text.includes('\n')) return ''
    const lineEnd = this.#held.lastIndexOf('\n') + 1
    const tooLong = this.#held.length - lineEnd > this.#limit
    if (lineEnd === 0 && !tooLong) return ''
    return this.#release(tooLong ? this.#held.length - this.#overlap : lineEnd)
  }

  /** What is left, once no more text comes. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return hideSpans(rest, this.#find(rest))
  }

  #release(wanted: number): string {
    const spans = this.#find(this.#held)
    const cut = spans.reduceRight((at, { from, to }) => (from < at && at < Math.max(to, from + 1) ? from : at), wanted)
    if (cut > 0) return this.#take(cut, spans)
    if (this.#held.length <= this.#limit) return ''
    const to = Math.max(...spans.filter(({ from }) => from === 0).map((span) => span.to))
    this.#inSecret = to >= this.#held.length
    return this.#take(to, spans)
  }

  #take(length: number, spans: readonly Span[]): string {
    const within = spans.filter(({ from }) => from < length)
    const ready = hideSpans(this.#held.slice(0, length), within)
    this.#held = this.#held.slice(length)
    return ready
  }

  #afterSecret(text: string): string {
    const end = text.search(/[\s"',;&]/)
    if (end === -1) return ''
    this.#inSecret = false
    return text.slice(end)
  }
}

/** PostgreSQL refuses NUL in text and JSON. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}
