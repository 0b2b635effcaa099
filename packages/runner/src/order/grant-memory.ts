import { type Grant, grantSkewMs } from '@ikoma/api'

/**
 * Until when it must be remembered that a grant was executed: as long as it is good itself, and as long as the order can be
 * given under another one. Null for ever.
 */
export function keepUntil({ notAfter, expiresAt }: Pick<Grant, 'notAfter' | 'expiresAt'>): number | null {
  return expiresAt === null ? null : Math.max(notAfter, expiresAt)
}

/** How far the grants that were executed have come, by what the control plane signed. */
export interface Newest {
  /** When the newest was issued, -Infinity before the first. */
  issuedAt: number
  /** Where the audit stood then: its number only grows, whatever the clocks show. Null where that is not known. */
  seq: number | null
  /** Grants up to this number are from before the control plane's clock was set right: what was forgotten is among them. */
  floorSeq: number | null
}

export const nothingExecuted: Newest = { issuedAt: Number.NEGATIVE_INFINITY, seq: null, floorSeq: null }

type Signed = Pick<Grant, 'issuedAt' | 'auditHead'>

/** No earlier than this is it now for a grant, whatever this machine's clock says, unless it was signed later than the newest. */
export function notBefore(newest: Newest, grant: Signed): number {
  return isLater(newest, grant) ? Number.NEGATIVE_INFINITY : newest.issuedAt - grantSkewMs
}

/** The newest after this one: by the audit a later one may show an earlier time, where a clock that was ahead was set right. */
export function newestWith(newest: Newest, grant: Signed): Newest {
  const seq = grant.auditHead?.seq ?? null
  if (isLater(newest, grant) && grant.issuedAt < newest.issuedAt - grantSkewMs) {
    return { issuedAt: grant.issuedAt, seq, floorSeq: newest.seq }
  }
  const highest = newest.seq !== null && (seq ?? 0) < newest.seq ? newest.seq : seq
  return { ...newest, issuedAt: Math.max(newest.issuedAt, grant.issuedAt), seq: highest }
}

/** Whether it may be one that was executed and forgotten, by a time that was wrong. */
export function isBelowFloor({ floorSeq }: Newest, { auditHead }: Signed): boolean {
  return floorSeq !== null && (auditHead?.seq ?? 0) <= floorSeq
}

function isLater({ seq }: Newest, { auditHead }: Signed): boolean {
  return seq !== null && auditHead !== null && auditHead.seq > seq
}
