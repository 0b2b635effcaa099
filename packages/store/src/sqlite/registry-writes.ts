import type { AttachedRunner, AuditEntry } from '@ikoma/domain'
import { liveStatuses } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, eq, getColumns, gt, inArray, isNull, ne } from 'drizzle-orm'
import { enrolledEntry, enrolledRunner } from '../enrolment.ts'
import {
  enrolmentInvalid,
  hasLiveOrders,
  refuseSchedulesOf,
  refuseSharedName,
  runnerTaken,
} from '../registry-errors.ts'
import type { RowSeals } from '../row-seals.ts'
import type { Trace } from '../trace.ts'
import type { Db } from './database.ts'
import { enrolments, orders, runners, schedules, servers, tokens } from './schema.ts'
import type { SyncWrites } from './sync-writes.ts'

type RegistryVerb =
  | 'insertServer'
  | 'updateServer'
  | 'deleteServer'
  | 'insertRunner'
  | 'updateRunner'
  | 'deleteRunner'
  | 'touchRunners'
  | 'insertEnrolment'
  | 'redeemEnrolment'
  | 'revokeEnrolment'
  | 'insertToken'
  | 'deleteToken'

export function registryWrites(db: Db, seals: RowSeals): Pick<SyncWrites, RegistryVerb> {
  return {
    insertServer(trace, server, entry) {
      db.insert(servers).values(seals.sealed('servers', server)).run()
      trace.audit(entry)
    },
    updateServer(trace, id, patch, entry) {
      if (patch.runnerId) refuseSecondServer(db, id, patch.runnerId)
      const before = db.select().from(servers).where(eq(servers.id, id)).get()
      if (!before) throw notFound('server', id)
      const after = { ...seals.whole('servers', id, before), ...patch, updatedAt: entry.at }
      db.update(servers).set(seals.sealed('servers', after)).where(eq(servers.id, id)).run()
      changed(trace, entry)
      return seals.shown('servers', seals.sealed('servers', after))
    },
    deleteServer(trace, id, entry) {
      refuseLiveOrders(db, 'server', id)
      refuseSchedulesOf('server', id, db.select().from(schedules).all())
      if (!db.delete(servers).where(eq(servers.id, id)).run().changes) throw notFound('server', id)
      changed(trace, entry)
    },
    insertRunner(trace, runner, entry) {
      db.insert(runners).values(seals.sealed('runners', runner)).run()
      trace.audit(entry)
    },
    updateRunner(trace, id, patch, entry) {
      const before = db.select().from(runners).where(eq(runners.id, id)).get()
      if (!before) throw notFound('runner', id)
      const after = { ...seals.whole('runners', id, before), ...patch }
      db.update(runners).set(seals.sealed('runners', after)).where(eq(runners.id, id)).run()
      changed(trace, entry)
      return getRunner(db, seals, id)
    },
    deleteRunner(trace, id, entry) {
      refuseLiveOrders(db, 'runner', id)
      refuseSchedulesOf('runner', id, db.select().from(schedules).all())
      const served = db.select().from(servers).where(eq(servers.runnerId, id)).get()
      if (served) setRunner(db, seals, served, { runnerId: null, updatedAt: entry.at })
      if (!db.delete(runners).where(eq(runners.id, id)).run().changes) throw notFound('runner', id)
      changed(trace, entry)
    },
    touchRunners(_trace, touches) {
      for (const { id, ...seen } of touches) db.update(runners).set(seen).where(eq(runners.id, id)).run()
    },
    insertEnrolment(trace, enrolment, entry) {
      db.insert(enrolments).values(seals.sealed('enrolments', enrolment)).run()
      trace.audit(entry)
    },
    redeemEnrolment(trace, tokenHash, identity, now) {
      const invited = db
        .select()
        .from(enrolments)
        .where(and(eq(enrolments.tokenHash, tokenHash), isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now)))
        .get()
      if (!invited) throw enrolmentInvalid()
      seals.whole('enrolments', invited.id, invited)
      const enrolment = seals.sealed('enrolments', { ...invited, redeemedAt: now, runnerId: identity.id })
      db.update(enrolments).set(enrolment).where(eq(enrolments.id, enrolment.id)).run()
      const runner = enrolledRunner(enrolment, identity, now)
      db.insert(runners).values(seals.sealed('runners', runner)).run()
      const { serverId } = enrolment
      const served = serverId === null ? undefined : db.select().from(servers).where(eq(servers.id, serverId)).get()
      if (served) setRunner(db, seals, served, { runnerId: runner.id, updatedAt: now })
      changed(trace, enrolledEntry(enrolment, runner))
      return getRunner(db, seals, runner.id)
    },
    revokeEnrolment(trace, id, now, entry) {
      const open = and(eq(enrolments.id, id), isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now))
      if (!db.delete(enrolments).where(open).run().changes) throw notFound('enrolment', id)
      changed(trace, entry)
    },
    insertToken(trace, token, entry) {
      const held = db.select({ name: tokens.name }).from(tokens).all()
      refuseSharedName(
        held.map(({ name }) => name),
        token.name,
      )
      db.insert(tokens).values(seals.sealed('tokens', token)).run()
      trace.audit(entry)
    },
    deleteToken(trace, id, entry) {
      if (!db.delete(tokens).where(eq(tokens.id, id)).run().changes) throw notFound('token', id)
      changed(trace, entry)
    },
  }
}

function changed(trace: Trace, entry: AuditEntry): void {
  trace.audit(entry)
  trace.signal({ kind: 'access' })
}

/** Who serves a server decides who executes its orders: one whose row was changed stays refused. */
function setRunner(
  db: Db,
  seals: RowSeals,
  before: typeof servers.$inferSelect,
  patch: { runnerId: string | null; updatedAt: number },
): void {
  const rowSeal = seals.again('servers', before, { ...before, ...patch })
  db.update(servers)
    .set({ ...patch, rowSeal })
    .where(eq(servers.id, before.id))
    .run()
}

export function attachedRunners(db: Db) {
  return db
    .select({ runner: getColumns(runners), server: getColumns(servers) })
    .from(runners)
    .leftJoin(servers, eq(servers.runnerId, runners.id))
}

function getRunner(db: Db, seals: RowSeals, id: string): AttachedRunner {
  const found = attachedRunners(db).where(eq(runners.id, id)).get()
  if (!found) throw notFound('runner', id)
  return seals.attached(found)
}

function refuseSecondServer(db: Db, serverId: string, runnerId: string): void {
  const runner = db.select({ id: runners.id }).from(runners).where(eq(runners.id, runnerId)).get()
  if (!runner) throw notFound('runner', runnerId)
  const other = db
    .select({ name: servers.name })
    .from(servers)
    .where(and(eq(servers.runnerId, runnerId), ne(servers.id, serverId)))
    .get()
  if (other) throw runnerTaken(other.name)
}

function refuseLiveOrders(db: Db, noun: 'server' | 'runner', id: string): void {
  const column = noun === 'server' ? orders.serverId : orders.runnerId
  const live = db
    .select({ id: orders.id })
    .from(orders)
    .where(and(eq(column, id), inArray(orders.status, [...liveStatuses])))
    .limit(1)
    .get()
  if (live) throw hasLiveOrders(noun, live.id)
}
