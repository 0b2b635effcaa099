import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { ActionContext } from '../order/action.ts'
import type { ExecutorAnswer } from './messages.ts'

type Event = Exclude<ExecutorAnswer, { result: unknown }>

interface Voice {
  ears: PassThrough
  captured: Promise<unknown>
}

/** The course of an order that the executor does, told as if it were done here: redacted, in order, and bounded. */
export class Retelling {
  readonly #context: Pick<ActionContext, 'log' | 'step' | 'capture'>
  readonly #open: PromiseWithResolvers<void>[] = []
  readonly #voices = new Map<'stdout' | 'stderr', Voice>()

  constructor(context: Pick<ActionContext, 'log' | 'step' | 'capture'>) {
    this.#context = context
  }

  /** Resolves when there is room for more. */
  async tell(event: Event): Promise<void> {
    if ('printed' in event) return this.#hear(event.printed, event.stream)
    // What comes now comes after what was printed.
    await this.#fallSilent()
    if ('log' in event) {
      this.#context.log(event.log)
    } else if ('begin' in event) {
      const step = Promise.withResolvers<void>()
      this.#open.push(step)
      this.#context.step(event.begin, () => step.promise).catch(() => undefined)
    } else {
      const step = this.#open.pop()
      if (event.error === undefined) step?.resolve()
      else step?.reject(new Error(event.error))
    }
  }

  /** Nothing more will be told: steps that have not ended have failed. */
  async end(): Promise<void> {
    await this.#fallSilent()
    for (const step of this.#open) step.reject(new Error('The executor went away.'))
  }

  async #hear(text: string, stream: 'stdout' | 'stderr'): Promise<void> {
    const { ears } = this.#voices.get(stream) ?? this.#listen(stream)
    if (!ears.write(text)) await once(ears, 'drain')
  }

  #listen(stream: 'stdout' | 'stderr'): Voice {
    const ears = new PassThrough()
    const voice = { ears, captured: this.#context.capture(ears, stream) }
    this.#voices.set(stream, voice)
    return voice
  }

  async #fallSilent(): Promise<void> {
    const voices = [...this.#voices.values()]
    this.#voices.clear()
    for (const { ears } of voices) ears.end()
    await Promise.all(voices.map(({ captured }) => captured))
  }
}
