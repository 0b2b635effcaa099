import type { Logger } from '../logger.ts'
import { storable } from '../output/redact.ts'
import { messageOf } from '../protocol/trouble.ts'
import { type Policy, policyFrom, readPolicyText } from './policy.ts'

/** What the control plane is told of the policy: no more than what decides whether an order would be refused. */
export interface ToldPolicy {
  scopes: string[]
  maxTimeoutSec: number
  file: string
  /** What is wrong with the file by now; what is told is the last good one. */
  problem?: string
}

const toldLength = 500

/** The policy in force: that of the file, and while it cannot be understood the last good one. */
export class HeldPolicy {
  readonly #path: string
  readonly #logger: Logger
  #policy: Policy
  #text: string | null
  #problem: string | null = null
  /** Told whoever looked: what an order has found out is no news to the clock any more. */
  onNews: () => void = () => undefined

  private constructor(path: string, text: string | null, logger: Logger) {
    this.#path = path
    this.#logger = logger
    this.#text = text
    this.#policy = policyFrom(text ?? '{}', path)
  }

  /** Rejects when the file cannot be understood: at a start there is no former one to go by. */
  static async open(path: string, logger: Logger): Promise<HeldPolicy> {
    return new HeldPolicy(path, await readPolicyText(path), logger)
  }

  get current(): Policy {
    return this.#policy
  }

  /** Looked at anew, as each order does. */
  async latest(): Promise<Policy> {
    await this.refresh()
    return this.#policy
  }

  told(): ToldPolicy {
    const { scopes, maxTimeoutSec, file } = this.#policy
    const problem = this.#problem
    return { scopes, maxTimeoutSec, file, ...(problem !== null && { problem: storable(problem.slice(0, toldLength)) }) }
  }

  /** Looks at the file again; true when what is told has changed. Never rejects. */
  async refresh(): Promise<boolean> {
    const isNews = await this.#look()
    if (isNews) this.onNews()
    return isNews
  }

  async #look(): Promise<boolean> {
    const before = JSON.stringify([this.told(), this.#policy])
    try {
      await this.#read()
    } catch (error) {
      const problem = messageOf(error)
      if (problem !== this.#problem) this.#logger.error({ file: this.#path, problem }, lastGoodStays)
      this.#problem = problem
    }
    return JSON.stringify([this.told(), this.#policy]) !== before
  }

  async #read(): Promise<void> {
    const text = await readPolicyText(this.#path)
    // That there never was one is as it should be.
    if (text === null && this.#text !== null) throw new Error(gone(this.#path))
    const policy = policyFrom(text ?? '{}', this.#path)
    const isNew = text !== this.#text || this.#problem !== null
    if (isNew)
      this.#logger.info({ file: this.#path, scopes: policy.scopes }, 'The policy was read anew, and is in force.')
    ;[this.#policy, this.#text, this.#problem] = [policy, text, null]
  }
}

export const lastGoodStays = 'The policy cannot be understood: the last good one stays in force until it can.'

const gone = (path: string) => `The policy ${path} is gone. Put it back; for the default one write {} in it.`
