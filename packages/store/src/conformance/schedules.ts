import type { Schedule, Store } from '@ikoma/domain'
import { newId } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { anEntry, noon } from '../testing/fixtures.ts'
import { type OpenStore, refusedWith, setup, times } from './world.ts'

export function describeSchedules(open: OpenStore): void {
  describe('schedules', () => {
    it('are kept with every field, changed and forgotten', async () => {
      const { store, reopen } = await setup(open)
      const order = { type: 'db.backup', payload: { z: 'é', a: [1, { b: null }] } }
      const schedule = await insert(store, { order, alertAfterSec: 90, missedRuns: 'run_once', lastProblem: 'none' })
      expect(await store.findSchedule(schedule.id)).toEqual(schedule)
      const patch = { cron: '5 4 * * *', paused: true, nextRunAt: null, order: {}, alertAfterSec: null }
      const updated = await store.updateSchedule(schedule.id, patch, anEntry('schedule.updated', 'schedule:x'))
      expect(updated).toEqual({ ...schedule, ...patch })
      const again = await reopen()
      expect(await again.findSchedule(schedule.id)).toEqual(updated)
      await again.deleteSchedule(schedule.id, anEntry('schedule.deleted', 'schedule:x'))
      expect(await again.findSchedule(schedule.id)).toBeNull()
    })

    it('stay as they are under an empty patch', async () => {
      const { store } = await setup(open)
      const schedule = await insert(store)
      expect(await store.updateSchedule(schedule.id, {}, anEntry('schedule.updated', 'schedule:x'))).toEqual(schedule)
    })

    it('that do not exist are refused and leave no audit', async () => {
      const { store } = await setup(open)
      const missing = { code: 'not_found', reason: 'schedule_not_found' }
      const entry = anEntry('schedule.updated', 'schedule:x')
      expect(await refusedWith(store.updateSchedule('x', { name: 'y' }, entry))).toEqual(missing)
      expect(await refusedWith(store.updateSchedule('x', {}, entry))).toEqual(missing)
      expect(await refusedWith(store.deleteSchedule('x', entry))).toEqual(missing)
      expect(await store.advanceSchedule('x', noon, run())).toBe(false)
      expect((await store.auditHead()).seq).toBe(0)
    })

    it('are due when their time has come, oldest first, unless paused', async () => {
      const { store } = await setup(open)
      const late = await insert(store, { nextRunAt: noon + 2 })
      const early = await insert(store, { nextRunAt: noon + 1 })
      await insert(store, { nextRunAt: noon, paused: true })
      await insert(store, { nextRunAt: null })
      await insert(store, { nextRunAt: noon + 3 })
      expect(await store.listDueSchedules(noon, 9)).toEqual([])
      expect(await store.listDueSchedules(noon + 2, 9)).toEqual([early, late])
      expect(await store.listDueSchedules(noon + 2, 1)).toEqual([early])
      const page = await store.listSchedules({ limit: 4, cursor: null })
      expect([page.items.length, (await store.listSchedules({ limit: 4, cursor: page.next })).items.length]).toEqual([
        4, 1,
      ])
    })

    it('are moved on once by 20 processes that saw them due', async () => {
      const { store } = await setup(open)
      const { id } = await insert(store, { nextRunAt: noon })
      const next = run({ nextRunAt: noon + 60_000, lastOrderId: 'order-1' })
      const wins = await Promise.all(times(20, () => store.advanceSchedule(id, noon, next)))
      expect(wins.filter(Boolean)).toHaveLength(1)
      expect(await store.findSchedule(id)).toMatchObject(next)
      expect(await store.listDueSchedules(noon + 1, 9)).toEqual([])
    })

    it('are not moved on from another run than the one seen, nor while paused', async () => {
      const { store } = await setup(open)
      const moved = await insert(store, { nextRunAt: noon + 5 })
      const paused = await insert(store, { nextRunAt: noon, paused: true })
      expect(await store.advanceSchedule(moved.id, noon, run())).toBe(false)
      expect(await store.advanceSchedule(paused.id, noon, run())).toBe(false)
      expect(await store.findSchedule(moved.id)).toEqual(moved)
      expect(await store.findSchedule(paused.id)).toEqual(paused)
    })
  })

  describeLeadership(open)
}

function describeLeadership(open: OpenStore): void {
  describe('leadership', () => {
    it('is granted when free, renewed by its holder and refused to others until it expires', async () => {
      const { store } = await setup(open)
      const hold = (holder: string, now: number) => store.holdLeadership('reconciler', holder, 100, now)
      expect(await hold('a', noon)).toEqual({ held: true, lastRenewedAt: null })
      expect(await hold('b', noon + 50)).toEqual({ held: false, lastRenewedAt: noon })
      expect(await hold('a', noon + 60)).toEqual({ held: true, lastRenewedAt: noon })
      expect(await hold('b', noon + 159)).toEqual({ held: false, lastRenewedAt: noon + 60 })
      expect(await hold('b', noon + 160)).toEqual({ held: true, lastRenewedAt: noon + 60 })
      expect(await hold('a', noon + 161)).toEqual({ held: false, lastRenewedAt: noon + 160 })
    })

    it('is not kept by somebody whose clock was far ahead', async () => {
      const { store } = await setup(open)
      await store.holdLeadership('reconciler', 'ahead', 100, noon + 86_400_000)
      expect(await store.holdLeadership('reconciler', 'b', 100, noon)).toMatchObject({ held: true })
    })

    it('tells when it was renewed, to whoever only asks, and changes nothing by that', async () => {
      const { store } = await setup(open)
      expect(await store.findRenewal('clock')).toBeNull()
      await store.holdLeadership('clock', 'a', 0, noon)
      expect([await store.findRenewal('clock'), await store.findRenewal('clock')]).toEqual([noon, noon])
    })

    it('of one name says nothing about another', async () => {
      const { store } = await setup(open)
      await store.holdLeadership('reconciler', 'a', 100, noon)
      expect(await store.holdLeadership('scheduler', 'b', 100, noon)).toEqual({ held: true, lastRenewedAt: null })
    })

    it('goes to one of 20 that ask at once', async () => {
      const { store } = await setup(open)
      const asks = times(20, (index) => store.holdLeadership('reconciler', `holder-${index}`, 100, noon))
      const answers = await Promise.all(asks)
      expect(answers.filter(({ held }) => held)).toHaveLength(1)
    })

    it('survives a restart', async () => {
      const { store, reopen } = await setup(open)
      await store.holdLeadership('reconciler', 'a', 100, noon)
      const again = await reopen()
      expect(await again.holdLeadership('reconciler', 'b', 100, noon + 1)).toEqual({ held: false, lastRenewedAt: noon })
    })
  })
}

async function insert(store: Store, patch: Partial<Schedule> = {}): Promise<Schedule> {
  const schedule: Schedule = {
    id: newId(),
    name: 'nightly',
    cron: '0 3 * * *',
    timeZone: 'Europe/Paris',
    order: { type: 'db.backup' },
    missedRuns: 'skip',
    alertAfterSec: null,
    paused: false,
    nextRunAt: noon,
    lastRunAt: null,
    lastOrderId: null,
    lastProblem: null,
    createdAt: noon,
    createdBy: 'admin-key',
    answerable: ['admin-key'],
    seal: 'a-seal',
    ...patch,
  }
  await store.insertSchedule(schedule, anEntry('schedule.created', `schedule:${schedule.id}`))
  return schedule
}

function run(patch: object = {}) {
  return { nextRunAt: noon + 1, lastRunAt: noon, lastOrderId: null, lastProblem: null, ...patch }
}
