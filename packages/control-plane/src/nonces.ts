import { createHmac } from 'node:crypto'
import { nonceLifeMs } from '@ikoma/api'
import { equalDigests } from '@ikoma/kernel/node'

/** Clocks of processes that share a database differ a little; a nonce from further ahead is nobody's. */
const aheadMs = 10_000
const renewMs = 1_000

/** What runners sign: the time, sealed, so that any process of the control plane can tell how old it is without having kept it. */
export class Nonces {
  readonly #key: Uint8Array
  #latest = { at: Number.NEGATIVE_INFINITY, text: '' }

  constructor(key: Uint8Array) {
    this.#key = key
  }

  issue(now: number): string {
    const age = now - this.#latest.at
    if (age < 0 || age >= renewMs) this.#latest = { at: now, text: this.#text(now) }
    return this.#latest.text
  }

  /** When it was issued; null for one that is not ours or not good any more. */
  issuedAt(nonce: string, now: number): number | null {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== 24) return null
    const at = bytes.readUIntBE(0, 6)
    if (!equalDigests(nonce, this.#text(at))) return null
    return now - at <= nonceLifeMs && at - now <= aheadMs ? at : null
  }

  #text(at: number): string {
    const time = Buffer.alloc(6)
    time.writeUIntBE(at, 0, 6)
    const seal = createHmac('sha256', this.#key).update(time).digest().subarray(0, 18)
    return Buffer.concat([time, seal]).toString('base64url')
  }
}
