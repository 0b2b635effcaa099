import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Signal, Store } from '@ikoma/domain'
import { AppError, type Clock, systemClock } from '@ikoma/kernel'
import { GroupCommit, type Settled } from '../group-commit.ts'
import type { Resealed } from '../reseal.ts'
import type { Sealing } from '../row-seals.ts'
import { Signals, tellingBroken } from '../signals.ts'
import { submitting, type WriteCall } from '../writes.ts'
import { openReader } from './database.ts'
import { orderReads } from './order-reads.ts'
import { registryReads } from './registry-reads.ts'
import { rowSeals } from './row-seals.ts'
import { secretReads } from './secrets.ts'
import type { PlainError, WriterData, WriterReply } from './writer.ts'

export interface SqliteOptions extends Sealing {
  file: string
  clock?: Clock
}

/** Opens the file as the embedded store, made and migrated when need be. One process at a time should. */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const { file, sealKey, formerUntil = 0, clock = systemClock } = options
  const writer = await startWriting({ file, sealKey, mayBeFormer: formerUntil === null }, clock)
  options.onOpened?.({ ...writer.opened, formerUntil: formerUntil ?? 0 })
  const signals = new Signals()
  const seals = rowSeals(sealKey, (row) => signals.emit([{ kind: 'broken', rows: [row] }]))
  const group = new GroupCommit<WriteCall, unknown>({
    commit: async (calls) => {
      const committed = await writer.commit(calls)
      signals.emit(committed.signals)
      return committed.results
    },
    maxBatch: 512,
    maxWaiting: 20_000,
    timeoutMs: 15_000,
  })
  const reader = openReader(file)
  const reads = translated({ ...orderReads(reader, seals), ...registryReads(reader, seals), ...secretReads(reader) })
  const writes = submitting((call) => tellingBroken(signals, group.submit(call)))
  return {
    dialect: 'sqlite',
    ...reads,
    ...writes,
    async ping() {
      await reads.auditHead()
      await writes.holdLeadership('readiness', 'anybody', 0, 0)
    },
    subscribe: (listener) => signals.subscribe(listener),
    async close() {
      await group.settled()
      // The last connection to close folds the log into the file, which a reader may not.
      if (reader.$client.isOpen) reader.$client.close()
      await writer.close()
    },
  }
}

type Reads = ReturnType<typeof orderReads> & ReturnType<typeof registryReads> & ReturnType<typeof secretReads>

/** Tells the caller of a failing read nothing of its SQL, which stays with the cause. */
function translated(reads: Reads): Reads {
  const methods = Object.entries(reads) as [string, (...args: unknown[]) => Promise<unknown>][]
  const told = methods.map(([name, read]) => [name, (...args: unknown[]) => read(...args).catch(failRead)])
  return Object.fromEntries(told) as Reads
}

function failRead(cause: unknown): never {
  throw new AppError('unavailable', 'Storage did not answer.', { reason: 'store_failed', retryAfterSec: 5, cause })
}

interface Writer {
  opened: Resealed
  commit(calls: WriteCall[]): Promise<{ results: Settled<unknown>[]; signals: Signal[] }>
  close(): Promise<void>
}

/** A thread that dies takes its batch with it; the next batch gets a new one. */
type Opening = Pick<WriterData, 'file' | 'sealKey' | 'mayBeFormer'>

async function startWriting(opening: Opening, clock: Clock): Promise<Writer> {
  const started = await startWriter({ ...opening, now: clock.now() })
  let { worker } = started
  let closed = false
  return {
    opened: started.opened,
    async commit(calls) {
      if (closed) throw stopped(null)
      if (hasExited(worker)) worker = (await startWriter({ ...opening, mayBeFormer: false, now: clock.now() })).worker
      worker.postMessage(calls)
      const { results, signals } = await reply(worker, 'batch')
      return {
        signals,
        results: results.map((result) => (result.ok ? result : { ok: false, error: revive(result.error) })),
      }
    },
    async close() {
      closed = true
      if (hasExited(worker)) return
      const exited = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('close')
      await exited
    },
  }
}

interface Started {
  worker: Worker
  opened: Resealed
}

async function startWriter(opening: Omit<WriterData, 'ikomaThread'>): Promise<Started> {
  const workerData: WriterData = { ikomaThread: 'sqlite-writer', ...opening }
  const worker = new Worker(writerEntry(), { workerData, name: 'sqlite-writer' })
  const { opened } = await reply(worker, 'ready')
  return { worker, opened }
}

/** In the sources the thread has its own file; the bundle begins at one place, which finds the thread's part by itself. */
function writerEntry(): string {
  const here = import.meta.url
  return fileURLToPath(new URL(here.endsWith('.ts') ? './writer.ts' : './index.cjs', here))
}

/** The writer's next message. The thread dying or refusing to open rejects. */
function reply<K extends WriterReply['kind']>(worker: Worker, kind: K): Promise<Extract<WriterReply, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: WriterReply) => {
      stop()
      if (message.kind === kind) resolve(message as Extract<WriterReply, { kind: K }>)
      else if (message.kind === 'refused') reject(revive(message.error))
    }
    const onEnd = (cause: unknown) => {
      stop()
      reject(stopped(cause))
    }
    const stop = () => {
      worker.off('message', onMessage)
      worker.off('error', onEnd)
      worker.off('exit', onEnd)
    }
    // Its last event has passed: nothing would ever answer.
    if (hasExited(worker)) return onEnd(null)
    worker.on('message', onMessage)
    worker.on('error', onEnd)
    worker.on('exit', onEnd)
  })
}

function stopped(cause: unknown): AppError {
  return new AppError('unavailable', 'The SQLite writer stopped.', { reason: 'store_stopped', cause })
}

function hasExited(worker: Worker): boolean {
  return worker.threadId === -1
}

function revive({ code, reason, message, details }: PlainError): AppError {
  if (reason !== 'store_failed') return new AppError(code, message, { reason, ...(details ? { details } : {}) })
  return new AppError('unavailable', 'Storage refused the change; nothing was written.', {
    reason,
    retryAfterSec: 5,
    cause: new Error(message),
  })
}
