import { hash } from 'node:crypto'
import { AppError, type Clock } from '@ikoma/kernel'
import { asc, inArray, lt, sql } from 'drizzle-orm'
import type { Database } from '../postgres/index.ts'
import { type AttemptRule, type AttemptState, afterFailure } from './attempt-rules.ts'
import { identityAttempts } from './schema.ts'

/** What failed how often, for all processes. */
export interface Attempts {
  find(keys: readonly string[]): Promise<Map<string, AttemptState>>
  /** Counts one more for each; answers how they are then. */
  fail(failed: ReadonlyMap<string, AttemptRule>): Promise<Map<string, AttemptState>>
  clear(keys: readonly string[]): Promise<void>
  /** Forgets what no rule remembers. */
  sweep(): Promise<void>
}

const longestMemoryMs = 2 * 86_400_000
const sweepEveryMs = 600_000

export function createAttempts(database: Database, clock: Clock): Attempts {
  const { db } = database
  let sweptAt = clock.now()
  const sweep = async () => {
    sweptAt = clock.now()
    await db.delete(identityAttempts).where(lt(identityAttempts.lastAt, new Date(sweptAt - longestMemoryMs)))
  }
  return {
    sweep,
    async find(keys) {
      const rows = await db
        .select()
        .from(identityAttempts)
        .where(inArray(identityAttempts.key, [...keys]))
      return new Map(rows.map((row) => [row.key, row]))
    },
    async fail(failed) {
      const now = clock.now()
      // A list of strangers' failures grows by itself only as fast as they fail: so does its cleaning.
      if (now - sweptAt > sweepEveryMs) await sweep()
      return database.transaction(
        async (tx) => {
          // One order for all, so that no two wait for each other.
          const keys = [...failed.keys()].sort()
          const none = { count: 0, since: new Date(0), lastAt: new Date(0) }
          await tx
            .insert(identityAttempts)
            .values(keys.map((key) => ({ key, ...none })))
            .onConflictDoNothing()
          const held = await tx
            .select()
            .from(identityAttempts)
            .where(inArray(identityAttempts.key, keys))
            .orderBy(asc(identityAttempts.key))
            .for('update')
          const before = new Map(held.map((row) => [row.key, row]))
          const after = [...failed].map(([key, rule]) => {
            const state = before.get(key)
            return { key, ...afterFailure(state && state.count > 0 ? state : null, rule, now) }
          })
          await tx
            .insert(identityAttempts)
            .values(after)
            .onConflictDoUpdate({ target: identityAttempts.key, set: excluded })
          return new Map(after.map((row) => [row.key, row]))
        },
        { isolation: 'read committed' },
      )
    },
    async clear(keys) {
      await db.delete(identityAttempts).where(inArray(identityAttempts.key, [...keys]))
    },
  }
}

const excluded = {
  count: sql`excluded.count`,
  since: sql`excluded.since`,
  lastAt: sql`excluded.last_at`,
  blockedUntil: sql`excluded.blocked_until`,
}

export function attemptKey(...parts: string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}

export function tooManyAttempts(until: Date | null, now: number): AppError {
  const retryAfterSec = until ? Math.max(1, Math.ceil((until.getTime() - now) / 1000)) : 60
  return new AppError('rate_limited', 'Too many attempts from here: try again later, or reset the password.', {
    reason: 'too_many_attempts',
    retryAfterSec,
  })
}
