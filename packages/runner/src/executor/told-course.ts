import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { messageOf } from '../protocol/trouble.ts'
import type { ExecutorAnswer } from './messages.ts'

/** The course of an order as the executor tells it to the runner: a line of JSON an event, and last the result. */
export class ToldCourse {
  readonly #output: Writable

  constructor(output: Writable) {
    this.#output = output
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

  /** Passes on what a program prints, to its end and no faster than the runner reads; all of it when nobody does. */
  async capture(printed: Readable, stream: 'stdout' | 'stderr'): Promise<string> {
    const decoder = new TextDecoder()
    for await (const bytes of printed as AsyncIterable<Buffer>) {
      await this.#tellPrinted(decoder.decode(bytes, { stream: true }), stream)
    }
    await this.#tellPrinted(decoder.decode(), stream)
    return ''
  }

  async #tellPrinted(text: string, stream: 'stdout' | 'stderr'): Promise<void> {
    if (text === '' || this.#tell({ printed: text, stream }) || this.#output.destroyed) return
    const over = new AbortController()
    const { signal } = over
    await Promise.race([once(this.#output, 'drain', { signal }), once(this.#output, 'close', { signal })]).catch(
      () => {},
    )
    over.abort()
  }

  /** False when the runner should be given time to read. */
  #tell(answer: ExecutorAnswer): boolean {
    return this.#output.write(`${JSON.stringify(answer)}\n`)
  }
}
