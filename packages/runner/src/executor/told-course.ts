import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { LineGate } from '../output/line-gate.ts'
import type { Redaction } from '../output/redact.ts'
import { messageOf } from '../protocol/trouble.ts'
import type { ExecutorAnswer } from './messages.ts'

/** Well below the longest line that the runner reads, however its characters are written in JSON. */
const pieceLength = 64 * 1024

/** The course of an order as the executor tells it to the runner: a line of JSON an event, and last the result. */
export class ToldCourse {
  readonly #output: Writable
  readonly #stop: AbortSignal
  /** How long all that is printed after a stop may wait for the runner; what it has no time for is dropped. */
  #patienceMs = 2_000
  /** Whether the runner hears what programs print: one that was started from a former version does not know of it. */
  heard = false
  /** Hides what the runner must not see; null where nothing is hidden from it. */
  redaction: Redaction | null = null

  /** From `stop` on, nothing waits for the runner for long. */
  constructor(output: Writable, stop: AbortSignal) {
    this.#output = output
    this.#stop = stop
  }

  log(text: string): void {
    this.#tell({ log: this.#hidden(text) })
  }

  end(result: ActionResult): void {
    this.#tell({ result: this.redaction?.value(result) ?? result } as ExecutorAnswer)
  }

  step: ActionContext['step'] = async (name, run) => {
    const told = this.#hidden(name)
    this.#tell({ begin: told })
    try {
      const result = await run()
      this.#tell({ end: told })
      return result
    } catch (error) {
      this.#tell({ end: told, error: this.#hidden(messageOf(error)) })
      throw error
    }
  }

  /** Passes on what a program prints, to its end and no faster than the runner reads. Never rejects. */
  async capture(printed: Readable, stream: 'stdout' | 'stderr'): Promise<string> {
    const decoder = new TextDecoder()
    const gate = new LineGate()
    const redactor = this.redaction?.stream()
    let last = '\n'
    const tell = (text: string) => {
      last = text.at(-1) ?? last
      this.#tellPrinted(text, stream)
    }
    const pass = (text: string) => tell(redactor ? redactor.push(text) : text)
    try {
      for await (const bytes of printed as AsyncIterable<Buffer>) {
        if (this.#output.writableNeedDrain) await this.#room()
        pass(decoder.decode(gate.pass(bytes, !this.#output.writableNeedDrain), { stream: true }))
      }
    } catch {
      // Its end was not waited for: what came before was told.
    }
    pass(decoder.decode())
    if (redactor) tell(redactor.end())
    // What another program prints next begins a line of its own.
    if (last !== '\n') tell('\n')
    return ''
  }

  #hidden(text: string): string {
    return this.redaction?.text(text) ?? text
  }

  #tellPrinted(text: string, stream: 'stdout' | 'stderr'): void {
    if (!this.heard || this.#output.destroyed) return
    for (let at = 0; at < text.length; at += pieceLength) {
      this.#tell({ printed: text.slice(at, at + pieceLength), stream })
    }
  }

  /** Resolves when the runner has read; after a stop, when it had its time for that too. */
  async #room(): Promise<void> {
    if (!this.#stop.aborted) await this.#drained(this.#stop)
    if (!this.#output.writableNeedDrain || this.#output.destroyed) return
    const sinceMs = performance.now()
    await this.#drained(AbortSignal.timeout(Math.ceil(this.#patienceMs)))
    this.#patienceMs = Math.max(0, this.#patienceMs - (performance.now() - sinceMs))
  }

  async #drained(enough: AbortSignal): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([enough, over.signal])
    const waits = [once(this.#output, 'drain', { signal }), once(this.#output, 'close', { signal })]
    await Promise.race(waits).catch(() => undefined)
    over.abort()
    await Promise.allSettled(waits)
  }

  #tell(answer: ExecutorAnswer): void {
    this.#output.write(`${JSON.stringify(answer)}\n`)
  }
}
