import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { messageOf } from '../protocol/trouble.ts'
import type { ExecutorAnswer } from './messages.ts'

/** Well below the longest line that the runner reads, however its characters are written in JSON. */
const pieceLength = 64 * 1024

/** The course of an order as the executor tells it to the runner: a line of JSON an event, and last the result. */
export class ToldCourse {
  readonly #output: Writable
  readonly #stop: AbortSignal
  /** Whether the runner hears what programs print: one that was started from a former version does not know of it. */
  heard = false

  /** From `stop` on, nothing waits for the runner any more. */
  constructor(output: Writable, stop: AbortSignal) {
    this.#output = output
    this.#stop = stop
  }

  log(text: string): void {
    this.#tell({ log: text })
  }

  end(result: ActionResult): void {
    this.#tell({ result } as ExecutorAnswer)
  }

  step: ActionContext['step'] = async (name, run) => {
    this.#tell({ begin: name })
    try {
      const result = await run()
      this.#tell({ end: name })
      return result
    } catch (error) {
      this.#tell({ end: name, error: messageOf(error) })
      throw error
    }
  }

  /** Passes on what a program prints, to its end and no faster than the runner reads. Never rejects. */
  async capture(printed: Readable, stream: 'stdout' | 'stderr'): Promise<string> {
    const decoder = new TextDecoder()
    let last = '\n'
    const pass = async (text: string) => {
      for (let at = 0; at < text.length; at += pieceLength) {
        await this.#tellPrinted(text.slice(at, at + pieceLength), stream)
      }
      last = text.at(-1) ?? last
    }
    try {
      for await (const bytes of printed as AsyncIterable<Buffer>) await pass(decoder.decode(bytes, { stream: true }))
    } catch {
      // Its end was not waited for: what came before was told.
    }
    await pass(decoder.decode())
    // What another program prints next begins a line of its own.
    if (last !== '\n') await pass('\n')
    return ''
  }

  async #tellPrinted(text: string, stream: 'stdout' | 'stderr'): Promise<void> {
    if (!this.heard || (this.#stop.aborted && this.#output.writableNeedDrain)) return
    if (this.#tell({ printed: text, stream }) || this.#output.destroyed || this.#stop.aborted) return
    const over = new AbortController()
    const { signal } = over
    const waits = [once(this.#output, 'drain', { signal }), once(this.#output, 'close', { signal })]
    await Promise.race([...waits, once(this.#stop, 'abort', { signal })]).catch(() => undefined)
    over.abort()
    await Promise.allSettled(waits)
  }

  /** False when the runner should be given time to read. */
  #tell(answer: ExecutorAnswer): boolean {
    return this.#output.write(`${JSON.stringify(answer)}\n`)
  }
}
