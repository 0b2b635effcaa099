import { type LogCursor, logBound } from '@ikoma/domain'
import type { WriteArgs, WriteResult } from '../writes.ts'
import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

/** What is stored of the logs that a batch appends to. */
interface Measured {
  used: Map<string, number>
  known: Set<string>
}

export async function measureLogs(tx: Transaction, calls: WriteArgs<'appendLog'>[]): Promise<Measured> {
  if (calls.length === 0) return { used: new Map(), known: new Set() }
  const [used, known] = await Promise.all([usedBytes(tx, calls), knownChunks(tx, calls)])
  return { used, known }
}

export function appendLogs(tx: Transaction, calls: WriteArgs<'appendLog'>[], { used, known }: Measured) {
  const rows: Record<string, unknown>[] = []
  const answers = calls.map(([orderId, chunk, at]): WriteResult<'appendLog'> => {
    const key = chunkKey(orderId, chunk)
    if (known.has(key)) return { truncated: false }
    const lines = JSON.stringify(chunk.lines)
    const bytes = Buffer.byteLength(lines)
    const total = (used.get(orderId) ?? 0) + bytes
    if (total > logBound(chunk)) return { truncated: true }
    used.set(orderId, total)
    known.add(key)
    const { attempt, seq } = chunk
    const row_seal = tx.seals.of('order_logs', { orderId, attempt, seq, at, bytes, lines: chunk.lines })
    rows.push({ order_id: orderId, attempt, seq, at, bytes, lines, row_seal })
    tx.trace.signal({ kind: 'orders', ids: [orderId] })
    return { truncated: false }
  })
  return { answers, stored: rows.length > 0 ? tx.rows(append, JSON.stringify(rows)) : undefined }
}

async function usedBytes(tx: Transaction, calls: WriteArgs<'appendLog'>[]): Promise<Map<string, number>> {
  const orderIds = new Set(calls.map(([orderId]) => orderId))
  const sizes = await tx.rows<{ id: string; used: number }>(measure, [...orderIds])
  return new Map(sizes.map(({ id, used }) => [id, used]))
}

async function knownChunks(tx: Transaction, calls: WriteArgs<'appendLog'>[]): Promise<Set<string>> {
  const asked = calls.map(([orderId, { attempt, seq }]) => ({ order_id: orderId, attempt, seq }))
  const rows = await tx.rows<{ id: string; attempt: number; seq: number }>(findKnown, JSON.stringify(asked))
  return new Set(rows.map(({ id, ...chunk }) => chunkKey(id, chunk)))
}

function chunkKey(orderId: string, { attempt, seq }: LogCursor): string {
  return `${attempt} ${seq} ${orderId}`
}

const measure: Statement = {
  name: 'order_logs_measure',
  text: `select order_id as id, sum(bytes)::bigint as used from order_logs
    where order_id = any($1::text[]) group by order_id`,
}

const findKnown: Statement = {
  name: 'order_logs_known',
  text: `
    select order_id as id, attempt, seq from order_logs as known
    join json_to_recordset($1::json) as asked (order_id text, attempt int, seq int) using (order_id, attempt, seq)`,
}

const append: Statement = {
  name: 'order_logs_append',
  text: `
    insert into order_logs (order_id, attempt, seq, at, bytes, lines, row_seal)
    select order_id, attempt, seq, at, bytes, lines::json, row_seal
    from json_to_recordset($1::json)
      as chunk (order_id text, attempt int, seq int, at bigint, bytes int, lines text, row_seal text)
    order by order_id, attempt, seq
    on conflict do nothing`,
}
