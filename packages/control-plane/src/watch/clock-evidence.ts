import type { Store } from '@ikoma/domain'
import { awayMs } from './clock-jump.ts'

/** Clocks of processes that share a database differ a little. */
const aheadMs = 60_000

export interface ClockEvidence {
  /** When a control plane with a clock that was believed last lived; null for a database that none has served. */
  livedAt: number | null
  /** What the newest entry of the audit says; null while it is empty. */
  newestAt: number | null
}

/** What the database knows of the time. */
export async function evidenceOf(store: Store): Promise<ClockEvidence> {
  // A former version left only the leader's.
  const livedAt = (await store.findRenewal('clock')) ?? (await store.findRenewal('reconciler'))
  const { seq } = await store.auditHead()
  const [newest] = seq === 0 ? [] : await store.listAudit({}, seq - 1, 1)
  return { livedAt, newestAt: newest?.at ?? null }
}

interface StartJump {
  kind: 'unsettled' | 'returned'
  byMs: number
  expectedAt: number
}

/** How the clock at the start of a process contradicts the database; null when it does not. */
export function startJump({ livedAt, newestAt }: ClockEvidence, now: number): StartJump | null {
  if (livedAt !== null && (now > livedAt + awayMs || now < livedAt - aheadMs)) {
    return { kind: 'unsettled', byMs: now - livedAt, expectedAt: livedAt }
  }
  if (newestAt === null || newestAt <= now + aheadMs) return null
  // Something was done by a clock that was ahead: by the process before this one, when its sign of life is right.
  if (livedAt === null) return { kind: 'unsettled', byMs: now - newestAt, expectedAt: newestAt }
  return { kind: 'returned', byMs: newestAt - now, expectedAt: now }
}
