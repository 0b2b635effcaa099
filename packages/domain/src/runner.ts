import type { RowFault } from './seal.ts'

/** A process on a server that executes orders. Tokens are kept as SHA-256 only. Times are epoch milliseconds. */
export interface Runner {
  id: string
  name: string
  scopes: string[]
  labels: Record<string, string>
  capabilities: Record<string, unknown>
  /** Orders it may hold claimed or running at a time. */
  concurrency: number
  disabled: boolean
  /** What it last said of itself. */
  reported: 'ONLINE' | 'OFFLINE' | null
  tokenHash: string
  previousTokenHash: string | null
  previousTokenExpiresAt: number | null
  /** Raw Ed25519 public key, base64url; null for a runner created without enrolment. */
  publicKey: string | null
  /** Raw X25519 public key, base64url: what secrets of its orders are encrypted to. The executor's, where there is one. */
  sealKey: string | null
  /** The runner's own where the executor has another: for orders that it does itself. */
  runnerSealKey: string | null
  version: string | null
  lastSeenAt: number | null
  /** Which machines spoke under its name lately, and in which protocol, as the control plane wrote it; null before it spoke. */
  instance: string | null
  createdAt: number
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}

/** A runner with the server it is attached to. */
export interface AttachedRunner extends Runner {
  serverId: string | null
}

export type RunnerStatus = 'ONLINE' | 'OFFLINE' | 'DISABLED'

/** Two missed 30-second heartbeats and a little air. */
export const runnerOfflineAfterMs = 75_000

type Tokens = Pick<Runner, 'tokenHash' | 'previousTokenHash' | 'previousTokenExpiresAt'>

export function runnerStatus(
  runner: Pick<Runner, 'disabled' | 'reported' | 'lastSeenAt'> & Tokens,
  now: number,
): RunnerStatus {
  if (runner.disabled) return 'DISABLED'
  if (isLockedOut(runner, now)) return 'OFFLINE'
  if (runner.reported === 'OFFLINE' || runner.lastSeenAt === null) return 'OFFLINE'
  // Seen by a clock that was ahead is not seen now.
  return Math.abs(now - runner.lastSeenAt) <= runnerOfflineAfterMs ? 'ONLINE' : 'OFFLINE'
}

/** Stands where a token's hash does until the runner brings its own; no token has it. */
export function awaitedToken(since: number): string {
  return `awaited-since.${since}`
}

/** Since when it was asked to bring a new token; null when it has. */
export function awaitedSince(tokenHash: string): number | null {
  const [, since] = /^awaited-since\.(\d+)$/.exec(tokenHash) ?? []
  return since === undefined ? null : Number(since)
}

/** Whether there is no token that it could show: the former one ended before it had brought another. */
export function isLockedOut({ tokenHash, previousTokenHash, previousTokenExpiresAt }: Tokens, now: number): boolean {
  if (awaitedSince(tokenHash) === null) return false
  return previousTokenHash === null || (previousTokenExpiresAt ?? 0) <= now
}

/** A single-use invitation for a machine to become a runner. */
export interface Enrolment {
  id: string
  name: string
  scopes: string[]
  labels: Record<string, string>
  concurrency: number
  serverId: string | null
  tokenHash: string
  createdBy: string
  createdAt: number
  expiresAt: number
  redeemedAt: number | null
  runnerId: string | null
}

export const enrolmentLifeMs = 15 * 60_000

/** A runner that has brought a new token may use the former one for so long: for what is under way with it. */
export const renewedOverlapMs = 60_000
