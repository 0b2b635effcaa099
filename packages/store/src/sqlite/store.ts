import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Signal, Store } from '@ikoma/domain'
import { AppError, type Clock, systemClock } from '@ikoma/kernel'
import { sql } from 'drizzle-orm'
import { GroupCommit, type Settled } from '../group-commit.ts'
import { submitting, type WriteCall } from '../writes.ts'
import { openReader } from './database.ts'
import { orderReads } from './order-reads.ts'
import { registryReads } from './registry-reads.ts'
import type { PlainError, WriterData, WriterReply } from './writer.ts'

export interface SqliteOptions {
  file: string
  clock?: Clock
}

/** Opens the file as the embedded store, made and migrated when need be. One process at a time should. */
export async function openSqliteStore({ file, clock = systemClock }: SqliteOptions): Promise<Store> {
  const writer = await startWriter(file, clock.now())
  const listeners = new Set<(signal: Signal) => void>()
  const group = new GroupCommit<WriteCall, unknown>({
    commit: async (calls) => {
      const { results, signals } = await writer.commit(calls)
      for (const signal of signals) for (const listener of listeners) listener(signal)
      return results
    },
    maxBatch: 512,
    maxWaiting: 20_000,
    timeoutMs: 15_000,
  })
  const reader = openReader(file)
  const writes = submitting((call) => group.submit(call))
  return {
    dialect: 'sqlite',
    ...writes,
    ...orderReads(reader),
    ...registryReads(reader),
    async ping() {
      reader.get(sql`select 1`)
      await writes.touchRunners([])
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      await group.settled()
      await writer.close()
      reader.$client.close()
    },
  }
}

interface Writer {
  commit(calls: WriteCall[]): Promise<{ results: Settled<unknown>[]; signals: Signal[] }>
  close(): Promise<void>
}

async function startWriter(file: string, now: number): Promise<Writer> {
  const workerData: WriterData = { ikomaThread: 'sqlite-writer', file, now }
  const worker = new Worker(writerEntry(), { workerData, name: 'sqlite-writer' })
  await reply(worker, 'ready')
  return {
    async commit(calls) {
      worker.postMessage(calls)
      const { results, signals } = await reply(worker, 'batch')
      return { signals, results: results.map((result) => (result.ok ? result : { ok: false, error: revive(result.error) })) }
    },
    async close() {
      const exited = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('close')
      await exited
    },
  }
}

/** In the sources the thread has its own file; in the bundle everything is one file, which starts the thread by workerData. */
function writerEntry(): string {
  const here = import.meta.url
  return fileURLToPath(here.endsWith('.ts') ? new URL('./writer.ts', here) : here)
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
      reject(new AppError('unavailable', 'The SQLite writer stopped.', { reason: 'store_stopped', cause }))
    }
    const stop = () => {
      worker.off('message', onMessage)
      worker.off('error', onEnd)
      worker.off('exit', onEnd)
    }
    worker.on('message', onMessage)
    worker.on('error', onEnd)
    worker.on('exit', onEnd)
  })
}

function revive({ code, reason, message }: PlainError): AppError {
  if (reason !== 'store_failed') return new AppError(code, message, { reason })
  return new AppError('unavailable', 'Storage refused the change; nothing was written.', {
    reason,
    retryAfterSec: 5,
    cause: new Error(message),
  })
}
