interface Draining {
  since: number
  by: string
}

/** Whether this process gives out orders. Nothing remembers it: a restart gives them out again. */
export class Drain {
  #current: Draining | null = null

  current(): Draining | null {
    return this.#current
  }

  begin(draining: Draining): void {
    this.#current ??= draining
  }

  end(): void {
    this.#current = null
  }
}
