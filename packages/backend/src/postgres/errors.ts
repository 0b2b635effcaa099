import { AppError, type ErrorCode } from '@ikoma/kernel'
import { DrizzleQueryError } from 'drizzle-orm'
import pg from 'pg'

/** What PostgreSQL refused, or that it did not answer: without the statement, and without what it was given. */
export class DatabaseError extends AppError {
  /** SQLSTATE; none when no answer came. */
  readonly sqlState: string | undefined
  /** The constraint that refused, by which an app knows what to tell its caller. */
  readonly constraint: string | undefined

  constructor(
    refusal: Refusal,
    error: Error,
    told: { sqlState?: string | undefined; constraint?: string | undefined },
  ) {
    const { code, reason, message } = refusal
    const retry = code === 'unavailable' ? { retryAfterSec: 1 } : {}
    super(code, message, { reason, cause: plain(error), ...retry })
    this.name = 'DatabaseError'
    this.sqlState = told.sqlState
    this.constraint = told.constraint
  }
}

/** The error to show for what Drizzle threw, which quotes the statement, or the driver; others stay as they are. */
export function databaseError(error: unknown): unknown {
  if (error instanceof DrizzleQueryError) return error.cause
  // A lost socket is the database's only where it was asked: elsewhere it may be anybody's.
  return error instanceof pg.DatabaseError ? translate(error) : error
}

/** Of what the driver throws. Its mistakes of the caller, such as a value that cannot be written as JSON, stay as they are. */
export function translate(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    const { code: sqlState = '', constraint, routine } = error
    const refusal = routine === 'RevalidateCachedQuery' ? stalePlan : refusalOf(sqlState)
    return new DatabaseError(refusal, error, { sqlState, constraint })
  }
  if (!(error instanceof Error) || error instanceof AppError || !meansLost(error)) return error
  return new DatabaseError(unreachable, error, {})
}

/** Another transaction, or a change of the tables, was in the way; this one was undone for certain, so that it may be tried again. */
export function lostRace(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.sqlState === '40001' || error.sqlState === '40P01' || isStalePlan(error))
  )
}

/** What was prepared no longer fits the tables: a migration has changed a column of it. It did nothing. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof DatabaseError && error.reason === stalePlan.reason
}

const stalePlan: Refusal = {
  code: 'unavailable',
  reason: 'plan_stale',
  message: 'The tables have changed meanwhile. Try again.',
}

/** No answer that says how it ended. */
export function outcomeUnknown(error: unknown): boolean {
  return error instanceof DatabaseError && (error.sqlState === undefined || /^(08|57P|40003)/.test(error.sqlState))
}

export function commitUnknown(error: DatabaseError): DatabaseError {
  return new DatabaseError(unknownCommit, error, error)
}

/** It is on this server alone, and gone if that is lost. */
export function commitUnconfirmed(): DatabaseError {
  return new DatabaseError(unknownCommit, new Error('no standby confirmed the commit'), {})
}

interface Refusal {
  code: ErrorCode
  reason: string
  message: string
}

const unknownCommit: Refusal = {
  code: 'unavailable',
  reason: 'commit_unknown',
  message:
    'The database did not say how the change ended: it may or may not have been made. Look before you try again.',
}

const unreachable: Refusal = {
  code: 'unavailable',
  reason: 'database_unreachable',
  message: 'The database does not answer. Try again in a moment.',
}

/** By SQLSTATE, or its first two characters. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const refusals: Record<string, Refusal> = {
  '23505': { code: 'conflict', reason: 'unique_violation', message: 'There is one like this already.' },
  '23P01': { code: 'conflict', reason: 'exclusion_violation', message: 'This overlaps what is there already.' },
  '23503': {
    code: 'conflict',
    reason: 'foreign_key_violation',
    message: 'What this refers to, or is referred to by, stands in the way.',
  },
  '23001': { code: 'conflict', reason: 'foreign_key_violation', message: 'Something still refers to this.' },
  '23514': { code: 'unprocessable', reason: 'check_violation', message: 'A value is outside of what is allowed.' },
  '23502': { code: 'unprocessable', reason: 'not_null_violation', message: 'A value is missing.' },
  '42501': { code: 'forbidden', reason: 'row_security', message: 'This is not yours to see or to change.' },
  '40001': {
    code: 'unavailable',
    reason: 'serialization_failure',
    message: 'Others changed the same at once. Try again.',
  },
  '40P01': { code: 'unavailable', reason: 'deadlock', message: 'Others changed the same at once. Try again.' },
  '55P03': { code: 'unavailable', reason: 'lock_timeout', message: 'Somebody else is changing this. Try again.' },
  '57014': {
    code: 'unavailable',
    reason: 'statement_timeout',
    message: 'This took the database too long, and was given up.',
  },
  '25P02': { code: 'internal', reason: 'transaction_aborted', message: 'A statement before this one had failed.' },
  '25P03': {
    code: 'unavailable',
    reason: 'idle_in_transaction',
    message: 'The transaction waited for too long, and was given up.',
  },
  '25P04': {
    code: 'unavailable',
    reason: 'transaction_timeout',
    message: 'The transaction took too long, and was given up.',
  },
  P0001: { code: 'unprocessable', reason: 'rule_violation', message: 'A rule of the database refuses this.' },
  '22': {
    code: 'unprocessable',
    reason: 'value_not_storable',
    message: 'A value cannot be stored, such as a number out of range or a text with a NUL character.',
  },
  '54': { code: 'unprocessable', reason: 'value_not_storable', message: 'A value is too large to be stored.' },
  '53': {
    code: 'unavailable',
    reason: 'database_exhausted',
    message: 'The database has no connections, memory or disk left.',
  },
  '28': {
    code: 'unavailable',
    reason: 'database_login',
    message: 'The database refuses the account of this app. Check DATABASE_URL.',
  },
  '3D': {
    code: 'unavailable',
    reason: 'database_missing',
    message: 'The database that DATABASE_URL names does not exist.',
  },
  '08': unreachable,
  '57': unreachable,
  '25': { code: 'unavailable', reason: 'database_read_only', message: 'The database takes no changes at the moment.' },
}

function refusalOf(sqlState: string): Refusal {
  return (
    refusals[sqlState] ??
    refusals[sqlState.slice(0, 2)] ?? { code: 'internal', reason: 'database_failed', message: 'The database failed.' }
  )
}

/** node-postgres has no class of its own for these, and Node gives its socket errors a code. */
function meansLost(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined && /^(E[A-Z]{3,}|ERR_(SSL|TLS)\w*|[A-Z_]*CERT[A-Z_]*)$/.test(code)) return true
  if (error instanceof AggregateError) return error.errors.some((each) => each instanceof Error && meansLost(each))
  return /^(Connection terminated|timeout (expired|exceeded)|Query read timeout|Client (was closed|has encountered a connection error)|Cannot use a pool after|The server does not support SSL)/.test(
    error.message,
  )
}

/** Messages of these classes quote what was given, or the statement. */
const quoting = /^(22|23|42601|P0)/

function plain(error: Error): Error {
  if (error instanceof DatabaseError) return error.cause as Error
  if (!(error instanceof pg.DatabaseError)) {
    const { code } = error as NodeJS.ErrnoException
    return new Error(error.message || code || error.name)
  }
  const { code = '', constraint, table, column } = error
  const where = [table, column, constraint].filter((name) => name !== undefined).join(' ')
  return new Error(`PostgreSQL ${code}: ${quoting.test(code) ? where || 'refused value' : error.message}`)
}
