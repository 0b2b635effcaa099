import type { AuditEvent, AuditHead } from './audit.ts'
import type { RowFault } from './seal.ts'
import type { BrokenRow, Page, PageRequest } from './store.ts'

export interface RowProblem extends BrokenRow {
  /** `outdated`: the audit knows of something that happened to the order later. */
  problem: RowFault | 'outdated'
}

export interface AuditStore {
  /**
   * Looks at up to `limit` rows a call, of all tables that are sealed, and answers those that are not as they were last
   * written: a page may be empty and still have a `next`.
   */
  checkRows(page: PageRequest): Promise<Page<RowProblem>>
  /** Events that match the filter, oldest first, strictly after the number `after`. */
  listAudit(filter: AuditFilter, after: number, limit: number): Promise<AuditEvent[]>
  auditHead(): Promise<AuditHead>
  /** The number of the first event that carries a mark of the key; null while there is none. */
  findFirstKeyed(): Promise<number | null>
}

export interface AuditFilter {
  subject?: string | undefined
  action?: string | undefined
}
