import { createHash } from 'node:crypto'

/**
 * Whether statements may be prepared: not behind a pool that gives each transaction another connection and does not know of
 * them (PgBouncer before 1.21). `?prepared_statements=false` in the URL says so.
 */
export function preparesStatements(url: string): boolean {
  return new URL(url).searchParams.get('prepared_statements') !== 'false'
}

/** Of a process, whatever its texts are: lists of every length make a text each, and every connection keeps what it prepared. */
const most = 300
/** A text that comes again is prepared. */
const after = 2

/**
 * Names for statements that are asked again and again: a connection parses and plans each once. None for a text that comes
 * once, nor for any beyond a bound.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>()
  #seen = new Map<string, number>()
  #generation = 0

  nameOf(text: string): string | undefined {
    const name = this.#names.get(text)
    if (name !== undefined) return name
    if (this.#names.size >= most) return undefined
    const times = (this.#seen.get(text) ?? 0) + 1
    if (times > after) {
      this.#seen.delete(text)
      return this.#prepare(text)
    }
    if (this.#seen.size >= most) this.#seen = new Map()
    this.#seen.set(text, times)
    return undefined
  }

  /** The tables have changed under them: each is prepared anew, under another name. */
  forget(): void {
    this.#generation += 1
    this.#names.clear()
  }

  #prepare(text: string): string {
    const name = `${this.#generation}-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
    this.#names.set(text, name)
    return name
  }
}
