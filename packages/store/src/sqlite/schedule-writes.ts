import type { Leadership } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, eq } from 'drizzle-orm'
import { isOver } from '../leadership.ts'
import type { Db } from './database.ts'
import { leadership, schedules } from './schema.ts'
import type { SyncWrites } from './sync-writes.ts'

type ScheduleVerb = 'insertSchedule' | 'updateSchedule' | 'deleteSchedule' | 'advanceSchedule' | 'holdLeadership'

export function scheduleWrites(db: Db): Pick<SyncWrites, ScheduleVerb> {
  return {
    insertSchedule(trace, schedule, entry) {
      db.insert(schedules).values(schedule).run()
      trace.audit(entry)
    },
    updateSchedule(trace, id, patch, entry) {
      // With its id, a patch is never empty, which Drizzle refuses.
      const updated = db
        .update(schedules)
        .set({ ...patch, id })
        .where(eq(schedules.id, id))
        .returning()
        .get()
      if (!updated) throw notFound('schedule', id)
      trace.audit(entry)
      return updated
    },
    deleteSchedule(trace, id, entry) {
      if (!db.delete(schedules).where(eq(schedules.id, id)).run().changes) throw notFound('schedule', id)
      trace.audit(entry)
    },
    advanceSchedule(_trace, id, dueAt, run) {
      const due = and(eq(schedules.id, id), eq(schedules.nextRunAt, dueAt), eq(schedules.paused, false))
      return Number(db.update(schedules).set(run).where(due).run().changes) === 1
    },
    holdLeadership(_trace, name, holder, ttlMs, now): Leadership {
      const current = db.select().from(leadership).where(eq(leadership.name, name)).get()
      const held = !current || current.holder === holder || isOver(current.expiresAt, ttlMs, now)
      const next = { holder, expiresAt: now + ttlMs, renewedAt: now }
      if (held) {
        db.insert(leadership)
          .values({ name, ...next })
          .onConflictDoUpdate({ target: leadership.name, set: next })
          .run()
      }
      return { held, lastRenewedAt: current?.renewedAt ?? null }
    },
  }
}
