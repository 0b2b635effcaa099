import {
  type AuditStore,
  auditGenesis,
  type Page,
  type PageRequest,
  type RegistryStore,
  type ScheduleStore,
  type Store,
} from '@ikoma/domain'
import { and, asc, desc, eq, gt, isNull, lte, ne, sql } from 'drizzle-orm'
import { pageOf } from '../paging.ts'
import type { RowSeals, SealedTable } from '../row-seals.ts'
import { checkRows } from '../sealed-rows.ts'
import type { Db } from './database.ts'
import { attachedRunners } from './registry-writes.ts'
import { audit, enrolments, leadership, runners, schedules, servers, tokens } from './schema.ts'
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
): Pick<RegistryStore, RegistryRead> & Pick<ScheduleStore, ScheduleRead> & AuditStore & Pick<Store, 'findRenewal'> {
  const id = sql.placeholder('id')
  const findServer = db.select().from(servers).where(eq(servers.id, id)).prepare()
  const findRunner = attachedRunners(db).where(eq(runners.id, id)).prepare()
  const findToken = db
    .select()
    .from(tokens)
    .where(eq(tokens.tokenHash, sql.placeholder('tokenHash')))
    .prepare()
  const shownAll = <T extends { id: string; rowSeal: string }>(table: SealedTable, rows: T[]) =>
    rows.map((row) => seals.shown(table, row))
  return {
    async findServer(id) {
      const found = findServer.get({ id })
      return found ? seals.shown('servers', found) : null
    },
    async listServers({ limit, cursor }) {
      const after = cursor === null ? undefined : gt(servers.id, cursor)
      const rows = db.select().from(servers).where(after).orderBy(asc(servers.id))
      return byId(shownAll('servers', rows.limit(limit + 1).all()), limit)
    },
    async findRunner(id) {
      const found = findRunner.get({ id })
      return found ? seals.attached(found) : null
    },
    async listRunners({ limit, cursor }) {
      const after = cursor === null ? undefined : gt(runners.id, cursor)
      const rows = attachedRunners(db).where(after).orderBy(asc(runners.id))
      const found = rows.limit(limit + 1).all()
      return byId(
        found.map((row) => seals.attached(row)),
        limit,
      )
    },
    async findTokenByHash(tokenHash) {
      const found = findToken.get({ tokenHash })
      return found ? seals.shown('tokens', found) : null
    },
    async listTokens({ limit, cursor }) {
      const after = cursor === null ? undefined : gt(tokens.id, cursor)
      const rows = db.select().from(tokens).where(after).orderBy(asc(tokens.id))
      return byId(shownAll('tokens', rows.limit(limit + 1).all()), limit)
    },
    async listEnrolments(now, { limit, cursor }) {
      const after = cursor === null ? undefined : gt(enrolments.id, cursor)
      const open = and(isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now), after)
      const rows = db.select().from(enrolments).where(open).orderBy(asc(enrolments.id))
      return byId(shownAll('enrolments', rows.limit(limit + 1).all()), limit)
    },
    async findSchedule(id) {
      const found = db.select().from(schedules).where(eq(schedules.id, id)).get()
      return found ? seals.shown('schedules', found) : null
    },
    async listSchedules({ limit, cursor }: PageRequest) {
      const after = cursor === null ? undefined : gt(schedules.id, cursor)
      const rows = db.select().from(schedules).where(after).orderBy(asc(schedules.id))
      return byId(shownAll('schedules', rows.limit(limit + 1).all()), limit)
    },
    async listDueSchedules(now, limit) {
      const due = and(eq(schedules.paused, false), lte(schedules.nextRunAt, now))
      const rows = db.select().from(schedules).where(due).orderBy(asc(schedules.nextRunAt))
      return shownAll('schedules', rows.limit(limit).all())
    },
    checkRows: (page) => checkRows(seals, sealedRows(db), page),
    async listAudit(filter, after, limit) {
      const wanted = and(
        gt(audit.seq, after),
        filter.subject ? eq(audit.subject, filter.subject) : undefined,
        filter.action ? eq(audit.action, filter.action) : undefined,
      )
      return db.select().from(audit).where(wanted).orderBy(asc(audit.seq)).limit(limit).all()
    },
    async findFirstKeyed() {
      const keyed = db.select({ seq: audit.seq }).from(audit).where(ne(audit.mac, ''))
      return keyed.orderBy(asc(audit.seq)).limit(1).get()?.seq ?? null
    },
    async auditHead() {
      const head = { seq: audit.seq, hash: audit.hash }
      return db.select(head).from(audit).orderBy(desc(audit.seq)).limit(1).get() ?? auditGenesis
    },
    async findRenewal(name) {
      return db.select().from(leadership).where(eq(leadership.name, name)).get()?.renewedAt ?? null
    },
  }
}

function byId<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  return pageOf(rows, limit, ({ id }) => id)
}
