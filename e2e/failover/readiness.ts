import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../kit/until.ts'

export interface Look {
  at: number
  tookMs: number
  status: number
  /** Named where it is not ready. */
  cause: string | null
}

/** Asks a control plane again and again whether it is ready. */
export class Readiness {
  readonly looks: Look[] = []
  readonly #url: string
  readonly #everyMs: number
  #going = true
  #asking: Promise<void>

  constructor(url: string, everyMs = 200) {
    this.#url = url
    this.#everyMs = everyMs
    this.#asking = this.#ask()
  }

  get last(): Look | undefined {
    return this.looks.at(-1)
  }

  /** The first look from `since` on that answers so. */
  async is(status: number, withinMs: number, since = performance.now()): Promise<Look> {
    const what = `${this.#url}/readyz to answer ${status}`
    const find = () => this.looks.find((look) => look.at >= since && look.status === status) ?? null
    try {
      return await until(what, find, withinMs)
    } catch (error) {
      throw new Error(`last: ${JSON.stringify(this.last)}`, { cause: error })
    }
  }

  async stop(): Promise<void> {
    this.#going = false
    await this.#asking
  }

  /** One does not wait for the other, as with several that look. */
  async #ask(): Promise<void> {
    const asked: Promise<void>[] = []
    while (this.#going) {
      asked.push(this.#look())
      await sleep(this.#everyMs)
    }
    await Promise.all(asked)
  }

  async #look(): Promise<void> {
    const at = performance.now()
    const { status, cause } = await lookAt(this.#url)
    this.looks.push({ at, tookMs: performance.now() - at, status, cause })
  }
}

async function lookAt(url: string): Promise<{ status: number; cause: string | null }> {
  try {
    const answer = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(20_000) })
    const { cause = null } = (await answer.json()) as { cause?: string }
    return { status: answer.status, cause }
  } catch (error) {
    return { status: 0, cause: String(error) }
  }
}

/** The value of a metric without labels. */
export async function metric(url: string, token: string, name: string): Promise<number | null> {
  const answer = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${token}` } })
  const line = (await answer.text()).split('\n').find((each) => each.startsWith(`${name} `))
  return line === undefined ? null : Number(line.split(' ')[1])
}
