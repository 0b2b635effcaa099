/** The most of one line that is let through after the gate was to close. */
const lastLineBytes = 64 * 1024

/**
 * Lets output through until there is no room for it, and closes at the end of a line for good: cut within a line, or gone on
 * with later, half a secret would pass unseen.
 */
export class LineGate {
  #closed = false
  #overBytes = 0

  /** What may pass of `bytes`; all of it while there is room. */
  pass(bytes: Buffer, hasRoom: boolean): Buffer {
    if (this.#closed) return bytes.subarray(0, 0)
    if (hasRoom && this.#overBytes === 0) return bytes
    const end = bytes.indexOf('\n')
    const last = end < 0 ? bytes : bytes.subarray(0, end + 1)
    this.#overBytes += last.length
    this.#closed = end >= 0 || this.#overBytes > lastLineBytes
    return last
  }
}
