/** What a change says about itself; the store adds its place in the chain. */
export interface AuditEntry {
  at: number
  /** `admin-key`, `token:<name>`, `runner:<id>`, `control-plane`. */
  actor: string
  /** `noun.past_participle`: `order.claimed`, `server.created`. */
  action: string
  /** `noun:id` of what was changed. */
  subject: string
  data: Record<string, unknown>
}

/** An entry in the chain. `data` is the exact text that was hashed. */
export interface AuditEvent {
  /** 1, 2, 3 … without a gap, in commit order. */
  seq: number
  at: number
  actor: string
  action: string
  subject: string
  data: string
  /** SHA-256, base64url, over the previous hash and this event. */
  hash: string
  /** That who wrote it has the control plane's key; empty in what a former version wrote. */
  mac: string
}

export interface AuditHead {
  seq: number
  hash: string
}

export const auditGenesis: AuditHead = { seq: 0, hash: '' }
