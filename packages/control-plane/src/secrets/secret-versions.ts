import type { AuditStore } from '@ikoma/domain'

interface Told {
  /** How far the audit was read. */
  seq: number
  /** Of the value that stands; null when it was removed, or never set. */
  version: number | null
  /** The highest there ever was. */
  last: number
}

const pageSize = 200
const maxKnown = 10_000

/**
 * Which version of each secret stands, by the audit: it cannot be rewritten unseen, where a row can be put back as it once
 * was, with a ciphertext that was good then.
 */
export class SecretVersions {
  readonly #store: Pick<AuditStore, 'listAudit'>
  readonly #known = new Map<string, Told>()

  constructor(store: Pick<AuditStore, 'listAudit'>) {
    this.#store = store
  }

  async of(name: string): Promise<Told> {
    let told = this.#known.get(name) ?? { seq: 0, version: null, last: 0 }
    for (;;) {
      const events = await this.#store.listAudit({ subject: `secret:${name}` }, told.seq, pageSize)
      for (const { seq, action, data } of events) {
        told = { ...told, seq }
        if (action === 'secret.removed') told.version = null
        if (action !== 'secret.set') continue
        told.version = Number(JSON.parse(data).version)
        told.last = Math.max(told.last, told.version)
      }
      if (events.length < pageSize) break
    }
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(name, told)
    return told
  }
}
