import type { Leadership } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, eq } from 'drizzle-orm'
import { isOver } from '../leadership.ts'
import { type RowSeals, rewritable } from '../row-seals.ts'
import type { Db } from './database.ts'
import { leadership, schedules } from './schema.ts'
import type { SyncWrites } from './sync-writes.ts'

type ScheduleVerb =
  | 'insertSchedule'
  | 'updateSchedule'
  | 'deleteSchedule'
  | 'advanceSchedule'
  | 'holdLeadership'
  | 'recordAudit'

export function scheduleWrites(db: Db, seals: RowSeals): Pick<SyncWrites, ScheduleVerb> {
  return {
    insertSchedule(trace, schedule, entry) {
      db.insert(schedules).values(seals.sealed('schedules', schedule)).run()
      trace.audit(entry)
    },
    updateSchedule(trace, id, patch, entry) {
      const before = db.select().from(schedules).where(eq(schedules.id, id)).get()
      if (!before) throw notFound('schedule', id)
      const after = seals.sealed('schedules', { ...rewritable(seals, before, patch), ...patch })
      db.update(schedules).set(after).where(eq(schedules.id, id)).run()
      trace.audit(entry)
      return seals.shown('schedules', after)
    },
    deleteSchedule(trace, id, entry) {
      if (!db.delete(schedules).where(eq(schedules.id, id)).run().changes) throw notFound('schedule', id)
      trace.audit(entry)
    },
    advanceSchedule(_trace, id, dueAt, run) {
      const due = and(eq(schedules.id, id), eq(schedules.nextRunAt, dueAt), eq(schedules.paused, false))
      const before = db.select().from(schedules).where(due).get()
      if (!before) return false
      const rowSeal = seals.again('schedules', before, { ...before, ...run })
      return (
        Number(
          db
            .update(schedules)
            .set({ ...run, rowSeal })
            .where(due)
            .run().changes,
        ) === 1
      )
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
    recordAudit(trace, entry) {
      trace.audit(entry)
    },
  }
}
