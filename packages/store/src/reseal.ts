import {
  type ApiToken,
  type AuditEntry,
  approvalBytes,
  firstOrderBytes,
  inForm,
  isNewerForm,
  macOf,
  orderBytes,
  placementBytes,
  type Schedule,
  scheduleBytes,
  tokenBytes,
} from '@ikoma/domain'
import { reportDigest, type StoredOrder } from './order-fields.ts'
import { type RowSeals, type SealedTable, sealedTables } from './row-seals.ts'
import { hasOurSeals, keyOf, type SealedRow } from './sealed-rows.ts'

/** A former version may write beside this one for so long after the database was brought up to date. */
export const formerLifeMs = 24 * 3_600_000
/** Chunks of a log may be large. */
const batchOf = (table: SealedTable) => (table === 'order_logs' ? 20 : 200)

/** How many rows of each table were sealed again, and how many were left because their former seal was broken. */
export interface Resealed {
  sealed: Partial<Record<SealedTable, number>>
  refused: Partial<Record<SealedTable, number>>
}

/** The rows of a database, to be changed. */
export interface FormerRows {
  /** In one transaction: rows after `after`, and what `work` changes of each; null leaves it. Answers the rows looked at. */
  renew(
    table: SealedTable,
    after: readonly unknown[] | null,
    limit: number,
    work: (row: SealedRow) => Promise<Record<string, unknown> | null>,
  ): Promise<SealedRow[]>
  /** Who approved an order, by the audit. */
  approverOf(orderId: string): Promise<string | null>
}

interface Renewal {
  seals: RowSeals
  rows: FormerRows
  /** Whether tokens and schedules of this database had no seal yet: then what is there is taken as it is, this once. */
  unsealed: boolean
  /** Also rows whose seal a process of the former version left behind when it changed them. */
  stale: boolean
}

/** Verifies what a former version wrote in its own form, and seals it in ours. Killed at any point, the next call goes on. */
export async function reseal(renewal: Renewal): Promise<Resealed> {
  const report: Resealed = { sealed: {}, refused: {} }
  for (const table of sealedTables) await resealTable(renewal, table, report)
  return report
}

async function resealTable(renewal: Renewal, table: SealedTable, { sealed, refused }: Resealed): Promise<void> {
  const { seals, rows, stale } = renewal
  const work = async (row: SealedRow) => {
    if (row.rowSeal !== '' && (!stale || isNewerForm(row.rowSeal) || isOurs(seals, table, row))) return null
    const renewed = await renewedRow(renewal, table, row)
    const count = renewed === null ? refused : sealed
    count[table] = (count[table] ?? 0) + 1
    return renewed && changesOf(row, { ...renewed, rowSeal: seals.of(table, renewed) })
  }
  for (let after: unknown[] | null = null; ; ) {
    const seen = await rows.renew(table, after, batchOf(table), work)
    const last = seen.at(-1)
    if (!last || seen.length < batchOf(table)) return
    after = keyOf(table, last)
  }
}

/** A row that a neighbour wrote, and then we, has our seal over what has none. */
function isOurs(seals: RowSeals, table: SealedTable, row: SealedRow): boolean {
  if (!seals.isWhole(table, row)) return false
  return table !== 'orders' || hasOurSeals(seals, row as unknown as StoredOrder)
}

function changesOf(row: SealedRow, renewed: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(renewed).filter(([name, value]) => value !== row[name]))
}

async function renewedRow(renewal: Renewal, table: SealedTable, row: SealedRow): Promise<object | null> {
  const { sealer } = renewal.seals
  switch (table) {
    case 'orders':
      return renewedOrder(renewal, row as unknown as StoredOrder)
    case 'tokens':
      return withSeal(renewal, row, sealer.seal(tokenBytes(row as unknown as ApiToken)))
    case 'schedules': {
      const { answerable, createdBy } = row as unknown as Schedule
      const seal = sealer.seal(scheduleBytes(row as unknown as Schedule))
      const renewed = withSeal(renewal, row, seal)
      return renewed && { ...renewed, answerable: answerable ?? [createdBy] }
    }
    default:
      return row
  }
}

function withSeal({ unsealed }: Renewal, row: SealedRow, seal: string): SealedRow | null {
  return row.seal === seal || (unsealed && row.seal === '') ? { ...row, seal } : null
}

async function renewedOrder({ seals: { sealer }, rows }: Renewal, order: StoredOrder): Promise<StoredOrder | null> {
  const mac = macOf(order.placementSeal)
  if (mac !== null && !sealer.isSeal(placementBytes(order), mac)) return null
  const first = sealer.isSeal(firstOrderBytes(order), order.seal)
  if (!first && !sealer.isSeal(orderBytes(order), order.seal)) return null
  const renewed = { ...order, seal: sealer.seal(orderBytes(order)), answerable: order.answerable ?? placerOf(order) }
  renewed.placementSeal = inForm(sealer.seal(placementBytes(renewed)))
  renewed.reportDigest = order.report && reportDigest(order.report)
  // The first form had no seal for approvals: the audit says who it was.
  const approver = first && order.status === 'QUEUED' ? await rows.approverOf(order.id) : null
  if (approver !== null) renewed.approval = `${sealer.seal(approvalBytes(renewed, approver))} ${approver}`
  return renewed
}

/** Of what a schedule placed nobody can tell any more who wrote it then. */
function placerOf({ createdBy }: StoredOrder): string[] | null {
  return createdBy.startsWith('schedule:') ? null : [createdBy]
}

/** What the audit keeps of it; null when there was nothing to seal. */
export function resealedEntry({ sealed, refused }: Resealed, at: number): AuditEntry | null {
  if (Object.keys(sealed).length + Object.keys(refused).length === 0) return null
  const data = { sealed, refused }
  return { at, actor: 'control-plane', action: 'seals.renewed', subject: 'database:seals', data }
}
