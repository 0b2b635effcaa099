import type { AttachedRunner, AuditEntry } from '@ikoma/domain'
import { liveStatuses } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, eq, getColumns, gt, inArray, isNull, ne } from 'drizzle-orm'
import { enrolledEntry, enrolledRunner } from '../enrolment.ts'
import { enrolmentInvalid, hasLiveOrders, refuseSharedName, runnerTaken } from '../registry-errors.ts'
import type { Trace } from '../trace.ts'
import type { Db } from './database.ts'
import { enrolments, orders, runners, servers, tokens } from './schema.ts'
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
  | 'insertToken'
  | 'deleteToken'

export function registryWrites(db: Db): Pick<SyncWrites, RegistryVerb> {
  return {
    insertServer(trace, server, entry) {
      db.insert(servers).values(server).run()
      trace.audit(entry)
    },
    updateServer(trace, id, patch, entry) {
      if (patch.runnerId) refuseSecondServer(db, id, patch.runnerId)
      const updated = db
        .update(servers)
        .set({ ...patch, updatedAt: entry.at })
        .where(eq(servers.id, id))
        .returning()
        .get()
      if (!updated) throw notFound('server', id)
      changed(trace, entry)
      return updated
    },
    deleteServer(trace, id, entry) {
      refuseLiveOrders(db, 'server', id)
      if (!db.delete(servers).where(eq(servers.id, id)).run().changes) throw notFound('server', id)
      changed(trace, entry)
    },
    insertRunner(trace, runner, entry) {
      db.insert(runners).values(runner).run()
      trace.audit(entry)
    },
    updateRunner(trace, id, patch, entry) {
      // With its id, a patch is never empty, which Drizzle refuses.
      db.update(runners)
        .set({ ...patch, id })
        .where(eq(runners.id, id))
        .run()
      changed(trace, entry)
      return getRunner(db, id)
    },
    deleteRunner(trace, id, entry) {
      refuseLiveOrders(db, 'runner', id)
      db.update(servers).set({ runnerId: null, updatedAt: entry.at }).where(eq(servers.runnerId, id)).run()
      if (!db.delete(runners).where(eq(runners.id, id)).run().changes) throw notFound('runner', id)
      changed(trace, entry)
    },
    touchRunners(_trace, touches) {
      for (const { id, ...seen } of touches) db.update(runners).set(seen).where(eq(runners.id, id)).run()
    },
    insertEnrolment(trace, enrolment, entry) {
      db.insert(enrolments).values(enrolment).run()
      trace.audit(entry)
    },
    redeemEnrolment(trace, tokenHash, identity, now) {
      const enrolment = db
        .update(enrolments)
        .set({ redeemedAt: now, runnerId: identity.id })
        .where(and(eq(enrolments.tokenHash, tokenHash), isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now)))
        .returning()
        .get()
      if (!enrolment) throw enrolmentInvalid()
      const runner = enrolledRunner(enrolment, identity, now)
      const { serverId } = enrolment
      db.insert(runners).values(runner).run()
      if (serverId !== null) {
        db.update(servers).set({ runnerId: runner.id, updatedAt: now }).where(eq(servers.id, serverId)).run()
      }
      changed(trace, enrolledEntry(enrolment, runner))
      return getRunner(db, runner.id)
    },
    insertToken(trace, token, entry) {
      const held = db.select({ name: tokens.name }).from(tokens).all()
      refuseSharedName(
        held.map(({ name }) => name),
        token.name,
      )
      db.insert(tokens).values(token).run()
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

export function attachedRunners(db: Db) {
  return db
    .select({ ...getColumns(runners), serverId: servers.id })
    .from(runners)
    .leftJoin(servers, eq(servers.runnerId, runners.id))
}

function getRunner(db: Db, id: string): AttachedRunner {
  const runner = attachedRunners(db).where(eq(runners.id, id)).get()
  if (!runner) throw notFound('runner', id)
  return runner
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
