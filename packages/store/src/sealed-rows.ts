import type { ApiToken, Page, PageRequest, RowFault, RowProblem, Schedule } from '@ikoma/domain'
import { type AuditEvent, macOf, orderBytes, placementBytes, scheduleBytes, tokenBytes } from '@ikoma/domain'
import { isLatest } from './last-event.ts'
import { reportDigest, type StoredOrder } from './order-fields.ts'
import { type RowSeals, type SealedTable, sealedTables } from './row-seals.ts'

/** A row of any table, with its seal. */
export interface SealedRow extends Record<string, unknown> {
  rowSeal: string
}

/** The columns that name a row, in each table; the walk goes in their order. */
export const rowKeys: Record<SealedTable, readonly string[]> = {
  orders: ['id'],
  order_logs: ['orderId', 'attempt', 'seq'],
  idempotency: ['actor', 'key'],
  servers: ['id'],
  runners: ['id'],
  enrolments: ['id'],
  tokens: ['id'],
  schedules: ['id'],
}

/** All sealed rows of a store, table by table. */
export interface SealedRows {
  /** Up to `limit` rows after the one with this key, ascending. */
  list(table: SealedTable, after: readonly unknown[] | null, limit: number): Promise<SealedRow[]>
  /** The last event that the audit has of each order. */
  lastEvents(orderIds: string[]): Promise<Map<string, Pick<AuditEvent, 'data'>>>
}

export function keyOf(table: SealedTable, row: SealedRow): unknown[] {
  return rowKeys[table].map((name) => row[name])
}

/** What is wrong with a row: its seal, what it was placed as, its report, or that the audit knows better. */
export function problemOf(
  seals: RowSeals,
  table: SealedTable,
  { row, lastEvent }: { row: SealedRow; lastEvent?: Pick<AuditEvent, 'data'> | undefined },
): RowFault | 'outdated' | undefined {
  const fault = seals.fault(table, row)
  if (fault !== undefined) return fault
  if (table === 'orders') return orderProblem(seals, row as unknown as StoredOrder, lastEvent)
  if (table === 'tokens') return sealProblem(seals, tokenBytes(row as unknown as ApiToken), row)
  if (table === 'schedules') return sealProblem(seals, scheduleBytes(row as unknown as Schedule), row)
  return undefined
}

function sealProblem({ sealer }: RowSeals, bytes: Uint8Array, { seal }: SealedRow): RowFault | undefined {
  return sealer.isSeal(bytes, String(seal)) ? undefined : 'broken'
}

function orderProblem(
  seals: RowSeals,
  order: StoredOrder,
  lastEvent: Pick<AuditEvent, 'data'> | undefined,
): RowFault | 'outdated' | undefined {
  const { sealer } = seals
  if (!sealer.isSeal(orderBytes(order), order.seal)) return 'broken'
  // What a neighbour left has not got all of it yet.
  if (!seals.takesFormer() && !hasOurSeals(seals, order)) return 'broken'
  return lastEvent === undefined || isLatest(order, lastEvent.data) ? undefined : 'outdated'
}

/** Whether its placement is under our seal, and its report is the one that was stored. */
export function hasOurSeals({ sealer }: RowSeals, order: StoredOrder): boolean {
  const mac = macOf(order.placementSeal)
  if (mac === null || !sealer.isSeal(placementBytes(order), mac)) return false
  return (order.report && reportDigest(order.report)) === order.reportDigest
}

/** The next rows of all tables, of which those are answered that are not as they were last written. */
export async function checkRows(seals: RowSeals, rows: SealedRows, page: PageRequest): Promise<Page<RowProblem>> {
  const [table = sealedTables[0], ...after] = page.cursor === null ? [] : (JSON.parse(page.cursor) as [SealedTable])
  const seen = await rows.list(table, after.length === 0 ? null : after, page.limit)
  const items = await problemsAmong(seals, rows, { table, seen })
  const last = seen.at(-1)
  if (last && seen.length === page.limit) return { items, next: JSON.stringify([table, ...keyOf(table, last)]) }
  const following = sealedTables[sealedTables.indexOf(table) + 1]
  return { items, next: following === undefined ? null : JSON.stringify([following]) }
}

async function problemsAmong(
  seals: RowSeals,
  rows: SealedRows,
  { table, seen }: { table: SealedTable; seen: SealedRow[] },
): Promise<RowProblem[]> {
  const events = table === 'orders' ? await rows.lastEvents(seen.map(({ id }) => String(id))) : new Map()
  const found = seen.flatMap((row): RowProblem[] => {
    const problem = problemOf(seals, table, { row, lastEvent: events.get(row.id) })
    return problem === undefined ? [] : [{ table, id: keyOf(table, row).join(' '), problem }]
  })
  const kept = await Promise.all(
    found.map((each) => (each.problem === 'outdated' ? isStillOutdated(seals, rows, each) : true)),
  )
  return found.filter((_, index) => kept[index])
}

/** An order that moved between the two looks is not outdated. */
async function isStillOutdated(seals: RowSeals, rows: SealedRows, { id }: RowProblem): Promise<boolean> {
  const find = async () => (await rows.list('orders', [id.slice(0, -1)], 50)).find((row) => row.id === id)
  const before = await find()
  const lastEvent = (await rows.lastEvents([id])).get(id)
  const after = await find()
  if (!before || after?.rowSeal !== before.rowSeal) return false
  return problemOf(seals, 'orders', { row: before, lastEvent }) === 'outdated'
}
