import { parentPort, workerData } from 'node:worker_threads'
import { type AuditEntry, type AuditHead, auditGenesis, type Signal } from '@ikoma/domain'
import { auditKeyOf, linkAudit } from '@ikoma/domain/audit-chain'
import { AppError, type ErrorCode } from '@ikoma/kernel'
import { collectStartGarbage } from '@ikoma/kernel/node'
import { type Resealed, reseal, resealedEntry } from '../reseal.ts'
import { mergeSignals } from '../signals.ts'
import { Trace } from '../trace.ts'
import type { WriteCall } from '../writes.ts'
import { type Db, openWriter } from './database.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { pruneOrders } from './order-pruning.ts'
import { orderWrites } from './order-writes.ts'
import { registryWrites } from './registry-writes.ts'
import { rowSeals } from './row-seals.ts'
import { scheduleWrites } from './schedule-writes.ts'
import { formerRows } from './sealed-rows.ts'
import { secretWrites } from './secrets.ts'
import type { SyncWrites } from './sync-writes.ts'

export interface WriterData {
  ikomaThread: 'sqlite-writer'
  file: string
  now: number
  sealKey: Uint8Array
  /** Whether it may be a database of a former version. */
  mayBeFormer: boolean
}

export type WriterReply =
  | { kind: 'ready'; opened: Resealed }
  | { kind: 'refused'; error: PlainError }
  | { kind: 'batch'; results: PlainSettled[]; signals: Signal[] }

/** An error in a form that crosses a thread; anything but an AppError keeps its text for the log only. */
export interface PlainError {
  code: ErrorCode
  reason: string
  message: string
  details?: Record<string, unknown> | undefined
}
export type PlainSettled = { ok: true; value: unknown } | { ok: false; error: PlainError }

/** The writer thread: owns the only writing connection, so that a slow fsync never blocks the event loop. */
export async function runWriter(): Promise<void> {
  const data = workerData as WriterData
  const port = parentPort
  if (!port) throw new Error('the SQLite writer runs in a worker thread')
  let committer: Committer
  try {
    committer = await openCommitter(data)
  } catch (error) {
    port.postMessage({ kind: 'refused', error: plain(error) } satisfies WriterReply)
    return
  }
  port.postMessage({ kind: 'ready', opened: committer.opened } satisfies WriterReply)
  collectStartGarbage()
  port.on('message', (calls: WriteCall[] | 'close') => {
    if (calls !== 'close') return port.postMessage(committer.commit(calls))
    committer.close()
    port.close()
  })
}

interface Committer {
  opened: Resealed
  commit(calls: WriteCall[]): WriterReply
  close(): void
}

async function openCommitter({ file, now, sealKey, mayBeFormer }: WriterData): Promise<Committer> {
  const db = openWriter(file)
  const seals = rowSeals(sealKey)
  let opened: Resealed = { sealed: {}, refused: {} }
  try {
    const { isNew, unsealed } = migrate(db.$client, migrations, now)
    if (mayBeFormer && !isNew) opened = await reseal({ seals, rows: formerRows(db), unsealed, stale: false })
  } catch (error) {
    // Left open it would fold its log into the file some time later, and lock out whoever looks what is wrong.
    db.$client.close()
    throw error
  }
  const isolated = savepoints(db)
  const batch: Batch = { entries: [] }
  const writes: SyncWrites = {
    ...orderWrites(db, seals, () => batch.entries),
    pruneOrders: (trace, pruning) => pruneOrders(db, trace, pruning),
    ...registryWrites(db, seals),
    ...scheduleWrites(db, seals),
    ...secretWrites(db),
  }
  const appendAudit = auditAppender(db, auditKeyOf(sealKey))
  const entry = resealedEntry(opened, now)
  if (entry) appendAudit([entry])
  return {
    opened,
    commit: (calls) => commitBatch({ db, batch, writes, isolated, appendAudit }, calls),
    close: () => db.$client.close(),
  }
}

/** What the batch under way leaves in the audit. */
interface Batch {
  entries: AuditEntry[]
}

interface Parts {
  db: Db
  batch: Batch
  writes: SyncWrites
  isolated: (work: () => unknown) => PlainSettled
  appendAudit: (entries: AuditEntry[]) => void
}

function commitBatch({ db, batch, writes, isolated, appendAudit }: Parts, calls: WriteCall[]): WriterReply {
  const signals: Signal[] = []
  const entries: AuditEntry[] = []
  batch.entries = entries
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

function auditAppender(db: Db, key: Uint8Array | null): (entries: AuditEntry[]) => void {
  const insert = db.$client.prepare(
    'insert into audit (seq, at, actor, action, subject, data, hash, mac) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const last = db.$client.prepare('select seq, hash from audit order by seq desc limit 1')
  return (entries) => {
    if (entries.length === 0) return
    const head = (last.get() as AuditHead | undefined) ?? auditGenesis
    for (const { seq, at, actor, action, subject, data, hash, mac } of linkAudit(head, entries, key)) {
      insert.run(seq, at, actor, action, subject, data, hash, mac)
    }
  }
}

function plain(error: unknown): PlainError {
  if (error instanceof AppError)
    return { code: error.code, reason: error.reason, message: error.message, details: error.details }
  return unavailable(error)
}

/** SQLITE_FULL; its log in memory that cannot grow (SQLITE_IOERR_SHMSIZE) says the same. */
const fullCodes = [13, 4874]

function unavailable(error: unknown): PlainError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (fullCodes.includes((cause as { errcode?: number } | null)?.errcode ?? 0)) {
    const message =
      'The disk of the control plane is full, so nothing was changed. Make room where DB_PATH is, then try again.'
    return { code: 'unavailable', reason: 'disk_full', message }
  }
  return {
    code: 'unavailable',
    reason: 'store_failed',
    message: String(cause instanceof Error ? cause.message : cause),
  }
}

if ((workerData as WriterData | null)?.ikomaThread === 'sqlite-writer') void runWriter()
