import { type AttachedRunner, type AuditEntry, liveStatuses } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, eq, getColumns, gt, inArray, isNull, ne, sql } from 'drizzle-orm'
import { enrolledEntry, enrolledRunner } from '../enrolment.ts'
import { enrolmentInvalid, hasLiveOrders, refuseSharedName, runnerTaken } from '../registry-errors.ts'
import type { Trace } from '../trace.ts'
import type { Db } from './connection.ts'
import { enrolments, orders, runners, servers, tokens } from './schema.ts'
import type { SingleWrites } from './single-writes.ts'

type RegistryVerb =
  | 'insertServer'
  | 'updateServer'
  | 'deleteServer'
  | 'insertRunner'
  | 'updateRunner'
  | 'deleteRunner'
  | 'insertEnrolment'
  | 'redeemEnrolment'
  | 'insertToken'
  | 'deleteToken'

export const registryWrites: Pick<SingleWrites, RegistryVerb> = {
  async insertServer({ db, trace }, server, entry) {
    await db.insert(servers).values(server)
    trace.audit(entry)
  },
  async updateServer({ db, trace }, id, patch, entry) {
    if (patch.runnerId) await refuseSecondServer(db, id, patch.runnerId)
    const [updated] = await db
      .update(servers)
      .set({ ...patch, updatedAt: entry.at })
      .where(eq(servers.id, id))
      .returning()
    if (!updated) throw notFound('server', id)
    changed(trace, entry)
    return updated
  },
  async deleteServer({ db, trace }, id, entry) {
    await refuseLiveOrders(db, 'server', id)
    const { rowCount } = await db.delete(servers).where(eq(servers.id, id))
    if (!rowCount) throw notFound('server', id)
    changed(trace, entry)
  },
  async insertRunner({ db, trace }, runner, entry) {
    await db.insert(runners).values(runner)
    trace.audit(entry)
  },
  async updateRunner({ db, trace }, id, patch, entry) {
    // With its id, a patch is never empty, which Drizzle refuses.
    await db
      .update(runners)
      .set({ ...patch, id })
      .where(eq(runners.id, id))
    changed(trace, entry)
    return getRunner(db, id)
  },
  async deleteRunner({ db, trace }, id, entry) {
    await lockRunner(db, id)
    await refuseLiveOrders(db, 'runner', id)
    await db.update(servers).set({ runnerId: null, updatedAt: entry.at }).where(eq(servers.runnerId, id))
    await db.delete(runners).where(eq(runners.id, id))
    changed(trace, entry)
  },
  async insertEnrolment({ db, trace }, enrolment, entry) {
    await db.insert(enrolments).values(enrolment)
    trace.audit(entry)
  },
  async redeemEnrolment({ db, trace }, tokenHash, identity, now) {
    const [enrolment] = await db
      .update(enrolments)
      .set({ redeemedAt: now, runnerId: identity.id })
      .where(and(eq(enrolments.tokenHash, tokenHash), isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now)))
      .returning()
    if (!enrolment) throw enrolmentInvalid()
    const runner = enrolledRunner(enrolment, identity, now)
    await db.insert(runners).values(runner)
    if (enrolment.serverId !== null) {
      await db.update(servers).set({ runnerId: runner.id, updatedAt: now }).where(eq(servers.id, enrolment.serverId))
    }
    changed(trace, enrolledEntry(enrolment, runner))
    return getRunner(db, runner.id)
  },
  async insertToken({ db, trace }, token, entry) {
    // No two at a time, not even of a process that knows nothing of this rule.
    await db.execute(sql`lock table ${tokens} in share row exclusive mode`)
    const held = await db.select({ name: tokens.name }).from(tokens)
    refuseSharedName(
      held.map(({ name }) => name),
      token.name,
    )
    await db.insert(tokens).values(token)
    trace.audit(entry)
  },
  async deleteToken({ db, trace }, id, entry) {
    const { rowCount } = await db.delete(tokens).where(eq(tokens.id, id))
    if (!rowCount) throw notFound('token', id)
    changed(trace, entry)
  },
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

async function getRunner(db: Db, id: string): Promise<AttachedRunner> {
  const [runner] = await attachedRunners(db).where(eq(runners.id, id))
  if (!runner) throw notFound('runner', id)
  return runner
}

/** Attaching and deleting a runner wait for each other here, so that no server is left with a runner that is gone. */
async function lockRunner(db: Db, id: string): Promise<void> {
  const [runner] = await db.select({ id: runners.id }).from(runners).where(eq(runners.id, id)).for('update')
  if (!runner) throw notFound('runner', id)
}

async function refuseSecondServer(db: Db, serverId: string, runnerId: string): Promise<void> {
  await lockRunner(db, runnerId)
  const [other] = await db
    .select({ name: servers.name })
    .from(servers)
    .where(and(eq(servers.runnerId, runnerId), ne(servers.id, serverId)))
  if (other) throw runnerTaken(other.name)
}

async function refuseLiveOrders(db: Db, noun: 'server' | 'runner', id: string): Promise<void> {
  const column = noun === 'server' ? orders.serverId : orders.runnerId
  const [live] = await db
    .select({ id: orders.id })
    .from(orders)
    .where(and(eq(column, id), inArray(orders.status, [...liveStatuses])))
    .limit(1)
  if (live) throw hasLiveOrders(noun, live.id)
}
