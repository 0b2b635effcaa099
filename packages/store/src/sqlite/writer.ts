import { parentPort, workerData } from 'node:worker_threads'
import { type AuditEntry, type AuditHead, auditGenesis, type Signal } from '@ikoma/domain'
import { linkAudit } from '@ikoma/domain/audit-chain'
import { AppError, type ErrorCode } from '@ikoma/kernel'
import { collectStartGarbage } from '@ikoma/kernel/node'
import { mergeSignals } from '../signals.ts'
import { Trace } from '../trace.ts'
import type { WriteCall } from '../writes.ts'
import { type Db, openWriter } from './database.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { pruneOrders } from './order-pruning.ts'
import { orderWrites } from './order-writes.ts'
import { registryWrites } from './registry-writes.ts'
import { scheduleWrites } from './schedule-writes.ts'
import { secretWrites } from './secrets.ts'
import type { SyncWrites } from './sync-writes.ts'

export interface WriterData {
  ikomaThread: 'sqlite-writer'
  file: string
  now: number
}

export type WriterReply =
  | { kind: 'ready' }
  | { kind: 'refused'; error: PlainError }
  | { kind: 'batch'; results: PlainSettled[]; signals: Signal[] }

/** An error in a form that crosses a thread; anything but an AppError keeps its text for the log only. */
export interface PlainError {
  code: ErrorCode
  reason: string
  message: string
}
export type PlainSettled = { ok: true; value: unknown } | { ok: false; error: PlainError }

/** The writer thread: owns the only writing connection, so that a slow fsync never blocks the event loop. */
export function runWriter(): void {
  const { file, now } = workerData as WriterData
  const port = parentPort
  if (!port) throw new Error('the SQLite writer runs in a worker thread')
  let committer: Committer
  try {
    committer = openCommitter(file, now)
  } catch (error) {
    port.postMessage({ kind: 'refused', error: plain(error) } satisfies WriterReply)
    return
  }
  port.postMessage({ kind: 'ready' } satisfies WriterReply)
  collectStartGarbage()
  port.on('message', (calls: WriteCall[] | 'close') => {
    if (calls !== 'close') return port.postMessage(committer.commit(calls))
    committer.close()
    port.close()
  })
}

interface Committer {
  commit(calls: WriteCall[]): WriterReply
  close(): void
}

function openCommitter(file: string, now: number): Committer {
  const db = openWriter(file)
  try {
    migrate(db.$client, migrations, now)
  } catch (error) {
    // Left open it would fold its log into the file some time later, and lock out whoever looks what is wrong.
    db.$client.close()
    throw error
  }
  const isolated = savepoints(db)
  const writes: SyncWrites = {
    ...orderWrites(db),
    pruneOrders: (trace, pruning) => pruneOrders(db, trace, pruning),
    ...registryWrites(db),
    ...scheduleWrites(db),
    ...secretWrites(db),
  }
  const appendAudit = auditAppender(db)
  return {
    commit: (calls) => commitBatch({ db, writes, isolated, appendAudit }, calls),
    close: () => db.$client.close(),
  }
}

interface Parts {
  db: Db
  writes: SyncWrites
  isolated: (work: () => unknown) => PlainSettled
  appendAudit: (entries: AuditEntry[]) => void
}

function commitBatch({ db, writes, isolated, appendAudit }: Parts, calls: WriteCall[]): WriterReply {
  const signals: Signal[] = []
  const entries: AuditEntry[] = []
  try {
    db.$client.exec('begin immediate')
    const results = calls.map((call): PlainSettled => {
      const trace = new Trace()
      const result = isolated(() => run(writes, trace, call))
      if (!result.ok) return result
      signals.push(...trace.signals)
      entries.push(...trace.entries)
      return result
    })
    appendAudit(entries)
    db.$client.exec('commit')
    if (entries.length > 0) signals.push({ kind: 'audit' })
    return { kind: 'batch', results, signals: mergeSignals(signals) }
  } catch (error) {
    if (db.$client.isTransaction) db.$client.exec('rollback')
    return { kind: 'batch', results: calls.map(() => ({ ok: false, error: unavailable(error) })), signals: [] }
  }
}

function run(writes: SyncWrites, trace: Trace, { verb, args }: WriteCall): unknown {
  // The pair was checked where the call was made; the compiler cannot correlate verb and args through a union.
  const write = writes[verb] as (trace: Trace, ...args: unknown[]) => unknown
  return write(trace, ...args)
}

/** One failing call gives up its own changes and never its neighbours'. */
function savepoints(db: Db): (work: () => unknown) => PlainSettled {
  const [begin, keep, undo] = ['savepoint call', 'release call', 'rollback to call'].map((text) =>
    db.$client.prepare(text),
  )
  return (work) => {
    begin?.run()
    try {
      const value = work()
      keep?.run()
      return { ok: true, value }
    } catch (error) {
      // A full disk may already have rolled the whole transaction back: then the batch has failed.
      if (!db.$client.isTransaction) throw error
      undo?.run()
      keep?.run()
      return { ok: false, error: plain(error) }
    }
  }
}

function auditAppender(db: Db): (entries: AuditEntry[]) => void {
  const insert = db.$client.prepare(
    'insert into audit (seq, at, actor, action, subject, data, hash) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const last = db.$client.prepare('select seq, hash from audit order by seq desc limit 1')
  return (entries) => {
    if (entries.length === 0) return
    const head = (last.get() as AuditHead | undefined) ?? auditGenesis
    for (const { seq, at, actor, action, subject, data, hash } of linkAudit(head, entries)) {
      insert.run(seq, at, actor, action, subject, data, hash)
    }
  }
}

function plain(error: unknown): PlainError {
  if (error instanceof AppError) return { code: error.code, reason: error.reason, message: error.message }
  return unavailable(error)
}

function unavailable(error: unknown): PlainError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return {
    code: 'unavailable',
    reason: 'store_failed',
    message: String(cause instanceof Error ? cause.message : cause),
  }
}

if ((workerData as WriterData | null)?.ikomaThread === 'sqlite-writer') runWriter()
