import {
  type AttachedRunner,
  type AuditStore,
  auditGenesis,
  type Page,
  type RegistryStore,
  type ScheduleStore,
  type Store,
} from '@ikoma/domain'
import { and, asc, eq, gt, isNull, lte, ne, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { GroupCommit } from '../group-commit.ts'
import { pageOf } from '../paging.ts'
import type { RowSeals, SealedTable } from '../row-seals.ts'
import { checkRows } from '../sealed-rows.ts'
import type { Db, Named } from './connection.ts'
import { attachedRunners } from './registry-writes.ts'
import { audit, auditHead, enrolments, leadership, runners, schedules, servers, tokens } from './schema.ts'
import { sealedRows } from './sealed-rows.ts'

type RegistryRead =
  | 'findServer'
  | 'listServers'
  | 'findRunner'
  | 'listRunners'
  | 'findTokenByHash'
  | 'listTokens'
  | 'listEnrolments'
type ScheduleRead = 'findSchedule' | 'listSchedules' | 'listDueSchedules'

/** Ids are UUIDv7: their order is the order of creation, and they serve as cursors. */
export function registryReads(
  db: Db,
  seals: RowSeals,
  named: Named,
): Pick<RegistryStore, RegistryRead> & Pick<ScheduleStore, ScheduleRead> & AuditStore & Pick<Store, 'findRenewal'> {
  const findRunner = runnerFinder(db, seals, named)
  const shownAll = <T extends { id: string; rowSeal: string }>(table: SealedTable, rows: T[]) =>
    rows.map((row) => seals.shown(table, row))
  const findToken = db
    .select()
    .from(tokens)
    .where(eq(tokens.tokenHash, sql.placeholder('tokenHash')))
    .prepare(named('find_token'))
  return {
    async findServer(id) {
      return first(shownAll('servers', await db.select().from(servers).where(eq(servers.id, id))))
    },
    async listServers({ limit, cursor }) {
      const query = db.select().from(servers).where(after(servers.id, cursor)).orderBy(asc(servers.id))
      return byId(shownAll('servers', await query.limit(limit + 1)), limit)
    },
    findRunner,
    async listRunners({ limit, cursor }) {
      const query = attachedRunners(db).where(after(runners.id, cursor)).orderBy(asc(runners.id))
      const found = await query.limit(limit + 1)
      return byId(
        found.map((row) => seals.attached(row)),
        limit,
      )
    },
    async findTokenByHash(tokenHash) {
      return first(shownAll('tokens', await findToken.execute({ tokenHash })))
    },
    async listTokens({ limit, cursor }) {
      const query = db.select().from(tokens).where(after(tokens.id, cursor)).orderBy(asc(tokens.id))
      return byId(shownAll('tokens', await query.limit(limit + 1)), limit)
    },
    async listEnrolments(now, { limit, cursor }) {
      const open = and(isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now), after(enrolments.id, cursor))
      const query = db.select().from(enrolments).where(open).orderBy(asc(enrolments.id))
      return byId(shownAll('enrolments', await query.limit(limit + 1)), limit)
    },
    async findSchedule(id) {
      return first(shownAll('schedules', await db.select().from(schedules).where(eq(schedules.id, id))))
    },
    async listSchedules({ limit, cursor }) {
      const query = db.select().from(schedules).where(after(schedules.id, cursor)).orderBy(asc(schedules.id))
      return byId(shownAll('schedules', await query.limit(limit + 1)), limit)
    },
    async listDueSchedules(now, limit) {
      const due = and(eq(schedules.paused, false), lte(schedules.nextRunAt, now))
      const query = db.select().from(schedules).where(due).orderBy(asc(schedules.nextRunAt))
      return shownAll('schedules', await query.limit(limit))
    },
    checkRows: (page) => checkRows(seals, sealedRows(db), page),
    async listAudit(filter, seq, limit) {
      const wanted = and(
        gt(audit.seq, seq),
        filter.subject ? eq(audit.subject, filter.subject) : undefined,
        filter.action ? eq(audit.action, filter.action) : undefined,
      )
      return db.select().from(audit).where(wanted).orderBy(asc(audit.seq)).limit(limit)
    },
    async findFirstKeyed() {
      const keyed = db.select({ seq: audit.seq }).from(audit).where(ne(audit.mac, ''))
      return first(await keyed.orderBy(asc(audit.seq)).limit(1))?.seq ?? null
    },
    async auditHead() {
      const [head] = await db.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead)
      return head ?? auditGenesis
    },
    async findRenewal(name) {
      return first(await db.select().from(leadership).where(eq(leadership.name, name)))?.renewedAt ?? null
    },
  }
}

/**
 * Each request of a runner looks it up, and after a restart a whole fleet asks at once: those that ask while one query is
 * under way share the next. One by one they would wait for a connection until they give up.
 */
function runnerFinder(db: Db, seals: RowSeals, named: Named): (id: string) => Promise<AttachedRunner | null> {
  const findAll = attachedRunners(db)
    .where(sql`${runners.id} = any(${sql.placeholder('ids')}::text[])`)
    .prepare(named('find_runners'))
  const group = new GroupCommit<string, AttachedRunner | null>({
    commit: async (ids) => {
      const found = new Map((await findAll.execute({ ids })).map((row) => [row.runner.id, seals.attached(row)]))
      return ids.map((id) => ({ ok: true, value: found.get(id) ?? null }))
    },
    maxBatch: 512,
    maxWaiting: 20_000,
    timeoutMs: 15_000,
  })
  return (id) => group.submit(id)
}

function after(id: PgColumn, cursor: string | null): SQL | undefined {
  return cursor === null ? undefined : gt(id, cursor)
}

function byId<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  return pageOf(rows, limit, ({ id }) => id)
}

function first<T>(rows: T[]): T | null {
  return rows[0] ?? null
}
