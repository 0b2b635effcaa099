import type { BrokenRow } from '@ikoma/domain'
import { RowSeals } from '../row-seals.ts'
import { enrolments, idempotency, orderLogs, orders, runners, schedules, servers, tokens } from './schema.ts'

export const tables = { orders, order_logs: orderLogs, idempotency, servers, runners, enrolments, tokens, schedules }

/** One process at a time writes a file, and a former version refuses it: nothing in it is of a neighbour. */
export function rowSeals(sealKey: Uint8Array, met?: (row: BrokenRow) => void): RowSeals {
  return new RowSeals({ sealKey, tables, met })
}
