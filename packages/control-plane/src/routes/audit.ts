import { auditEventSchema, auditQuery, auditVerification, pageOf } from '@ikoma/api'
import { type AuditHead, auditGenesis, type RowProblem } from '@ikoma/domain'
import { type AuditFault, verifyAudit } from '@ikoma/domain/audit-chain'
import type { Context } from '../context.ts'
import { verifyRows } from '../orders/verify-rows.ts'
import { auditEventResource } from '../present.ts'
import type { App } from './app.ts'
import { numericCursor } from './paging.ts'

const pageSize = 1000
/** So many rows that were changed are named; whoever changed more will not be found by a longer list. */
const maxRows = 1000

export function auditRoutes(app: App, { store, stopping }: Context): void {
  app.get(
    '/v1/audit',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['audit'],
        summary: 'Everything that was done, oldest first',
        querystring: auditQuery,
        response: { 200: pageOf(auditEventSchema) },
      },
    },
    async ({ query: { limit, cursor, subject, action } }) => {
      const events = await store.listAudit({ subject, action }, Number(numericCursor(cursor) ?? 0), limit + 1)
      const items = events.slice(0, limit)
      return { items: items.map(auditEventResource), next: events.length > limit ? String(items.at(-1)?.seq) : null }
    },
  )

  app.get(
    '/v1/audit/verify',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['audit'],
        summary: 'Recompute the chain from its first event to its head',
        response: { 200: auditVerification },
      },
    },
    async () => {
      const promised = await store.auditHead()
      const { reached, fault } = await walk(promised)
      const rows: RowProblem[] = []
      for await (const row of verifyRows(store)) if (rows.length < maxRows) rows.push(row)
      // Stopped half way it has proven nothing; and the head must be the event that it was when we began.
      const whole = fault === null && reached.seq >= promised.seq
      return { ok: whole && rows.length === 0, events: reached.seq, head: promised, fault, rows }
    },
  )

  /** Verifies page by page, so that memory stays flat, and lets other requests in between. */
  async function walk(promised: AuditHead): Promise<{ reached: AuditHead; fault: AuditFault | null }> {
    let reached: AuditHead = auditGenesis
    while (reached.seq < promised.seq && !stopping.aborted) {
      const events = await store.listAudit({}, reached.seq, pageSize)
      const fault = verifyAudit(reached, events)
      if (fault) return { reached, fault }
      const last = events.at(-1)
      if (!last) return { reached, fault: { seq: reached.seq + 1, fault: 'missing' } }
      reached = last
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { reached: { seq: reached.seq, hash: reached.hash }, fault: null }
  }
}
