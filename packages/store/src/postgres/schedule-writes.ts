import { notFound } from '@ikoma/kernel'
import { and, eq, sql } from 'drizzle-orm'
import { isOver } from '../leadership.ts'
import { leadership, schedules } from './schema.ts'
import type { SingleWrites } from './single-writes.ts'

type ScheduleVerb = 'insertSchedule' | 'updateSchedule' | 'deleteSchedule' | 'advanceSchedule' | 'holdLeadership'

export const scheduleWrites: Pick<SingleWrites, ScheduleVerb> = {
  async insertSchedule({ db, trace }, schedule, entry) {
    await db.insert(schedules).values(schedule)
    trace.audit(entry)
  },
  async updateSchedule({ db, trace }, id, patch, entry) {
    // With its id, a patch is never empty, which Drizzle refuses.
    const [updated] = await db
      .update(schedules)
      .set({ ...patch, id })
      .where(eq(schedules.id, id))
      .returning()
    if (!updated) throw notFound('schedule', id)
    trace.audit(entry)
    return updated
  },
  async deleteSchedule({ db, trace }, id, entry) {
    const { rowCount } = await db.delete(schedules).where(eq(schedules.id, id))
    if (!rowCount) throw notFound('schedule', id)
    trace.audit(entry)
  },
  async advanceSchedule({ db }, id, dueAt, run) {
    const due = and(eq(schedules.id, id), eq(schedules.nextRunAt, dueAt), eq(schedules.paused, false))
    const { rowCount } = await db.update(schedules).set(run).where(due)
    return rowCount === 1
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
}
