import type { BrokenRow } from '@ikoma/domain'
import type { Clock } from '@ikoma/kernel'
import { RowSeals, type Sealing } from '../row-seals.ts'
import { enrolments, idempotency, orderLogs, orders, runners, schedules, servers, tokens } from './schema.ts'

export const tables = { orders, order_logs: orderLogs, idempotency, servers, runners, enrolments, tokens, schedules }

/** A process of the former version may serve the same database until `formerUntil`. */
export function rowSeals(
  { sealKey, formerUntil = 0 }: Sealing,
  clock: Clock,
  met?: (row: BrokenRow) => void,
): RowSeals {
  const takesFormer = () => formerUntil === null || clock.now() < formerUntil
  return new RowSeals({ sealKey, tables, takesFormer, met })
}
