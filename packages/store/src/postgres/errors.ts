import { AppError } from '@ikoma/kernel'
import pg from 'pg'

/** Another transaction was in the way and has won: looked at again, its work is there to be answered with. */
export function lostRace(error: unknown): boolean {
  return ['23505', '40001', '40P01'].includes(sqlState(error) ?? '')
}

/** One call may have caused it, so that its neighbours can do without: refused by a rule, a type, a constraint, a limit. */
export function isOneCallsFault(error: unknown): boolean {
  return error instanceof AppError || /^(22|23|54)/.test(sqlState(error) ?? '')
}

/** The connection is of no more use. During a commit this leaves the outcome unknown. */
export function lostConnection(error: unknown): boolean {
  return !(error instanceof AppError) && meansLost(sqlState(error))
}

/** What a caller is told. The cause is for the log: neither SQL nor values are in it. */
export function storeError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const state = sqlState(error)
  if (state?.startsWith('22')) {
    return new AppError('unprocessable', 'PostgreSQL cannot store this text or number, such as a NUL character.', {
      reason: 'value_not_storable',
      cause: plain(error),
    })
  }
  if (meansLost(state)) {
    return new AppError(
      'unavailable',
      'The database does not answer. If this was a change, it may or may not have been made.',
      {
        reason: 'store_unreachable',
        retryAfterSec: 5,
        cause: plain(error),
      },
    )
  }
  return new AppError('unavailable', 'The database refused this; nothing was changed.', {
    reason: 'store_failed',
    retryAfterSec: 5,
    cause: plain(error),
  })
}

/** Classes 08 connection, 25 read-only after a failover, 57P shutdown; no state at all means that no answer came. */
function meansLost(state: string | undefined): boolean {
  return state === undefined || /^(08|25|57P)/.test(state)
}

function sqlState(error: unknown): string | undefined {
  const database = databaseError(error)
  return database instanceof pg.DatabaseError ? database.code : undefined
}

/** Drizzle wraps what the driver says in an error that quotes the statement. */
function databaseError(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error
}

function plain(error: unknown): Error {
  const cause = databaseError(error)
  if (!(cause instanceof pg.DatabaseError)) return new Error(cause instanceof Error ? cause.message : String(cause))
  // Messages of these two classes quote what was given.
  const text = /^2[23]/.test(cause.code ?? '') ? (cause.constraint ?? 'refused value') : cause.message
  return new Error(`PostgreSQL ${cause.code}: ${text}`)
}
