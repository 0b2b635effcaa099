import type { LogChunk, LogCursor, LogLine, OrderFilter, PageRequest } from '@ikoma/domain'
import type { StoredOrder } from './order-fields.ts'
import type { RowSeals } from './row-seals.ts'

export interface Search {
  filter: OrderFilter
  page: PageRequest
}

export interface LogSearch {
  orderId: string
  after: LogCursor | null
  limit: number
}

/** An order as the port shows it. */
export function shownOrder<T extends Omit<StoredOrder, 'payload' | 'report'>>(seals: RowSeals, order: T) {
  const { reportDigest: _digest, ...shown } = seals.shown('orders', order)
  return shown
}

interface StoredChunk {
  orderId: string
  attempt: number
  seq: number
  at: number
  bytes: number
  lines: LogLine[]
  rowSeal: string
}

export function shownChunk(seals: RowSeals, chunk: StoredChunk): LogChunk {
  const { attempt, seq, lines, fault } = seals.shown('order_logs', { ...chunk, id: chunk.orderId })
  return { attempt, seq, lines, ...(fault === undefined ? {} : { fault }) }
}
