import { secretMask } from './hide-secrets.ts'

/** A value that shows itself to nobody who does not ask: not in a log, an error, a template or JSON. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value, for the one place that needs it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return secretMask
  }

  toJSON(): string {
    return secretMask
  }

  /** As Node prints what is logged. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return secretMask
  }
}
