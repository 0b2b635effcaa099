import { type AttachedRunner, type AuditEntry, liveStatuses } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, eq, getColumns, gt, inArray, isNull, ne, sql } from 'drizzle-orm'
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
import type { Db } from './connection.ts'
import { enrolments, orders, runners, schedules, servers, tokens } from './schema.ts'
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
  | 'revokeEnrolment'
  | 'insertToken'
  | 'deleteToken'

export const registryWrites: Pick<SingleWrites, RegistryVerb> = {
  async insertServer({ db, seals, trace }, server, entry) {
    await db.insert(servers).values(seals.sealed('servers', server))
    trace.audit(entry)
  },
  async updateServer({ db, seals, trace }, id, patch, entry) {
    if (patch.runnerId) await refuseSecondServer(db, id, patch.runnerId)
    const [before] = await db.select().from(servers).where(eq(servers.id, id)).for('update')
    if (!before) throw notFound('server', id)
    const after = seals.sealed('servers', { ...seals.whole('servers', id, before), ...patch, updatedAt: entry.at })
    await db.update(servers).set(after).where(eq(servers.id, id))
    changed(trace, entry)
    return seals.shown('servers', after)
  },
  async deleteServer({ db, trace }, id, entry) {
    await refuseLiveOrders(db, 'server', id)
    refuseSchedulesOf('server', id, await db.select().from(schedules))
    const { rowCount } = await db.delete(servers).where(eq(servers.id, id))
    if (!rowCount) throw notFound('server', id)
    changed(trace, entry)
  },
  async insertRunner({ db, seals, trace }, runner, entry) {
    await db.insert(runners).values(seals.sealed('runners', runner))
    trace.audit(entry)
  },
  async updateRunner({ db, seals, trace }, id, patch, entry) {
    const [before] = await db.select().from(runners).where(eq(runners.id, id)).for('update')
    if (!before) throw notFound('runner', id)
    const after = { ...seals.whole('runners', id, before), ...patch }
    await db.update(runners).set(seals.sealed('runners', after)).where(eq(runners.id, id))
    changed(trace, entry)
    return getRunner(db, seals, id)
  },
  async deleteRunner({ db, seals, trace }, id, entry) {
    await lockRunner(db, id)
    await refuseLiveOrders(db, 'runner', id)
    refuseSchedulesOf('runner', id, await db.select().from(schedules))
    const [served] = await db.select().from(servers).where(eq(servers.runnerId, id)).for('update')
    if (served) await setRunner(db, seals, served, { runnerId: null, updatedAt: entry.at })
    await db.delete(runners).where(eq(runners.id, id))
    changed(trace, entry)
  },
  async insertEnrolment({ db, seals, trace }, enrolment, entry) {
    await db.insert(enrolments).values(seals.sealed('enrolments', enrolment))
    trace.audit(entry)
  },
  async redeemEnrolment({ db, seals, trace }, tokenHash, identity, now) {
    const [invited] = await db
      .select()
      .from(enrolments)
      .where(and(eq(enrolments.tokenHash, tokenHash), isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now)))
      .for('update')
    if (!invited) throw enrolmentInvalid()
    seals.whole('enrolments', invited.id, invited)
    const enrolment = seals.sealed('enrolments', { ...invited, redeemedAt: now, runnerId: identity.id })
    await db.update(enrolments).set(enrolment).where(eq(enrolments.id, enrolment.id))
    const runner = enrolledRunner(enrolment, identity, now)
    await db.insert(runners).values(seals.sealed('runners', runner))
    const { serverId } = enrolment
    const [served] =
      serverId === null ? [] : await db.select().from(servers).where(eq(servers.id, serverId)).for('update')
    if (served) await setRunner(db, seals, served, { runnerId: runner.id, updatedAt: now })
    changed(trace, enrolledEntry(enrolment, runner))
    return getRunner(db, seals, runner.id)
  },
  async revokeEnrolment({ db, trace }, id, now, entry) {
    const open = and(eq(enrolments.id, id), isNull(enrolments.redeemedAt), gt(enrolments.expiresAt, now))
    if (!(await db.delete(enrolments).where(open)).rowCount) throw notFound('enrolment', id)
    changed(trace, entry)
  },
  async insertToken({ db, seals, trace }, token, entry) {
    // No two at a time, not even of a process that knows nothing of this rule.
    await db.execute(sql`lock table ${tokens} in share row exclusive mode`)
    const held = await db.select({ name: tokens.name }).from(tokens)
    refuseSharedName(
      held.map(({ name }) => name),
      token.name,
    )
    await db.insert(tokens).values(seals.sealed('tokens', token))
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

/** Who serves a server decides who executes its orders: one whose row was changed stays refused. */
async function setRunner(
  db: Db,
  seals: RowSeals,
  before: typeof servers.$inferSelect,
  patch: { runnerId: string | null; updatedAt: number },
): Promise<void> {
  const rowSeal = seals.again('servers', before, { ...before, ...patch })
  await db
    .update(servers)
    .set({ ...patch, rowSeal })
    .where(eq(servers.id, before.id))
}

export function attachedRunners(db: Db) {
  return db
    .select({ runner: getColumns(runners), server: getColumns(servers) })
    .from(runners)
    .leftJoin(servers, eq(servers.runnerId, runners.id))
}

async function getRunner(db: Db, seals: RowSeals, id: string): Promise<AttachedRunner> {
  const [found] = await attachedRunners(db).where(eq(runners.id, id))
  if (!found) throw notFound('runner', id)
  return seals.attached(found)
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
