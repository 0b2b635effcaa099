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

/** Somebody outside held up one of its calls, or one took too long: its neighbours need not fail with it. */
export function isHeldUp(error: unknown): boolean {
  return ['55P03', '57014'].includes(sqlState(error) ?? '')
}

/** The connection is of no more use. During a commit this leaves the outcome unknown. */
export function lostConnection(error: unknown): boolean {
  return !(error instanceof AppError) && meansLost(sqlState(error))
}

/** Refusals of the whole server, of which none changed anything, by SQLSTATE; and what a person does about each. */
const refusals: Record<string, { reason: string; message: string }> = {
  '53100': {
    reason: 'store_disk_full',
    message: 'The disk of the PostgreSQL server is full (53100): nothing was changed. Free space there.',
  },
  '53300': {
    reason: 'store_connections',
    message: 'PostgreSQL has no connection left (53300): nothing was changed. Raise max_connections, or ask for fewer.',
  },
  '25006': {
    reason: 'store_read_only',
    message:
      'PostgreSQL is read-only (25006): nothing was changed. It is a standby, or default_transaction_read_only is on.',
  },
  '55P03': {
    reason: 'store_locked',
    message: 'Somebody else holds a lock in the database for too long (55P03): nothing was changed.',
  },
  '57014': {
    reason: 'store_slow',
    message: 'PostgreSQL took too long and was stopped (57014): nothing was changed.',
  },
  '57P03': {
    reason: 'store_starting',
    message: 'PostgreSQL is starting up or shutting down (57P03): nothing was changed.',
  },
  '28P01': {
    reason: 'store_login',
    message: 'PostgreSQL refuses the password of DATABASE_URL (28P01): nothing was changed.',
  },
  '28000': {
    reason: 'store_login',
    message: 'PostgreSQL refuses the role of DATABASE_URL (28000): nothing was changed. See pg_hba.conf.',
  },
  '3D000': {
    reason: 'store_no_database',
    message: 'PostgreSQL has no database of the name in DATABASE_URL (3D000). Create it.',
  },
  '42501': {
    reason: 'store_no_right',
    message: 'The role of DATABASE_URL lacks a right in PostgreSQL (42501): nothing was changed.',
  },
}

/** The server was lost before anything was to be written for good: for certain it did nothing. */
export function notReached(error: unknown): AppError {
  const refused = storeError(error)
  return refused.reason === 'store_unreachable' ? unreachable(error) : refused
}

function unreachable(error: unknown): AppError {
  const place = where(error)
  // Where it is, is for the log: strangers may ask whether this is ready.
  return new AppError('unavailable', 'The database does not answer; nothing was changed.', {
    reason: 'store_unreachable',
    retryAfterSec: 5,
    cause: place === '' ? plain(error) : new Error(`no connection to ${place}`),
  })
}

/** Where a connection was tried in vain, as the system names it: host and port, and no more of the address. */
function where(error: unknown): string {
  const { code, syscall, address, port, hostname } = (databaseError(error) ?? {}) as Record<string, unknown>
  if (syscall !== 'connect' && syscall !== 'getaddrinfo') return ''
  const place = address === undefined ? hostname : `${String(address)}:${String(port)}`
  return place === undefined ? '' : `${String(place)} (${String(code)})`
}

/** A standby that had to confirm a commit did not: it is on this server alone, and gone if that is lost. */
export function unconfirmedCommit(): AppError {
  return new AppError(
    'unavailable',
    'No standby confirmed the change in time: it may or may not last. Look at synchronous_standby_names and the standbys.',
    { reason: 'store_standby_silent', retryAfterSec: 5 },
  )
}

/** What a caller is told. The cause is for the log: neither SQL nor values are in it. */
export function storeError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const state = sqlState(error)
  const refusal = refusals[state ?? '']
  if (refusal) {
    const { reason, message } = refusal
    return new AppError('unavailable', message, { reason, retryAfterSec: 5, cause: plain(error) })
  }
  if (state?.startsWith('22')) {
    return new AppError('unprocessable', 'PostgreSQL cannot store this text or number, such as a NUL character.', {
      reason: 'value_not_storable',
      cause: plain(error),
    })
  }
  if (where(error) !== '') return unreachable(error)
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
  const found = error instanceof Error && error.cause instanceof Error ? error.cause : error
  // A name of several addresses, as localhost is, fails with all of them.
  return found instanceof AggregateError ? found.errors[0] : found
}

function plain(error: unknown): Error {
  const cause = databaseError(error)
  if (!(cause instanceof pg.DatabaseError)) return new Error(cause instanceof Error ? cause.message : String(cause))
  // Messages of these two classes quote what was given.
  const text = /^2[23]/.test(cause.code ?? '') ? (cause.constraint ?? 'refused value') : cause.message
  return new Error(`PostgreSQL ${cause.code}: ${text}`)
}
