import { notFound } from '@ikoma/kernel'
import { and, eq, sql } from 'drizzle-orm'
import { isOver } from '../leadership.ts'
import { rewritable } from '../row-seals.ts'
import { leadership, schedules } from './schema.ts'
import type { SingleWrites } from './single-writes.ts'

type ScheduleVerb =
  | 'insertSchedule'
  | 'updateSchedule'
  | 'deleteSchedule'
  | 'advanceSchedule'
  | 'holdLeadership'
  | 'recordAudit'

export const scheduleWrites: Pick<SingleWrites, ScheduleVerb> = {
  async insertSchedule({ db, seals, trace }, schedule, entry) {
    await db.insert(schedules).values(seals.sealed('schedules', schedule))
    trace.audit(entry)
  },
  async updateSchedule({ db, seals, trace }, id, patch, entry) {
    const [before] = await db.select().from(schedules).where(eq(schedules.id, id)).for('update')
    if (!before) throw notFound('schedule', id)
    const after = seals.sealed('schedules', { ...rewritable(seals, before, patch), ...patch })
    await db.update(schedules).set(after).where(eq(schedules.id, id))
    trace.audit(entry)
    return seals.shown('schedules', after)
  },
  async deleteSchedule({ db, trace }, id, entry) {
    const { rowCount } = await db.delete(schedules).where(eq(schedules.id, id))
    if (!rowCount) throw notFound('schedule', id)
    trace.audit(entry)
  },
  async advanceSchedule({ db, seals }, id, dueAt, run) {
    const due = and(eq(schedules.id, id), eq(schedules.nextRunAt, dueAt), eq(schedules.paused, false))
    const [before] = await db.select().from(schedules).where(due).for('update')
    if (!before) return false
    const rowSeal = seals.again('schedules', before, { ...before, ...run })
    await db
      .update(schedules)
      .set({ ...run, rowSeal })
      .where(eq(schedules.id, id))
    return true
  },
  async holdLeadership({ db }, name, holder, ttlMs, now) {
    // There may be no row to lock yet.
    await db.execute(sql`select pg_advisory_xact_lock(hashtextextended('ikoma leadership ' || ${name}, 0))`)
    const [current] = await db.select().from(leadership).where(eq(leadership.name, name))
    const held = !current || current.holder === holder || isOver(current.expiresAt, ttlMs, now)
    const next = { holder, expiresAt: now + ttlMs, renewedAt: now }
    if (held) {
      await db
        .insert(leadership)
        .values({ name, ...next })
        .onConflictDoUpdate({ target: leadership.name, set: next })
    }
    return { held, lastRenewedAt: current?.renewedAt ?? null }
  },
  async recordAudit({ trace }, entry) {
    trace.audit(entry)
  },
}
