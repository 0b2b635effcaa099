import { AppError, newId } from '@ikoma/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tillOf } from '../domain/walk-in.ts'
import { setup } from '../testing/world.ts'
import { placeBooking } from './bookings.ts'
import { services } from './schema.ts'
import {
  addServices,
  cancelWalkIn,
  completeWalkIn,
  giveDiscount,
  openWalkIn,
  payWalkIn,
  readFile,
  refundWalkIn,
  removeService,
  type WalkInFile,
} from './walk-ins.ts'

const by = newId()
const vehicle = { make: 'Fiat', model: 'Panda', color: 'white', size: 'compact' as const }
const cash = (amount: number) => ({ amount, method: 'cash' as const, reference: null })

async function ended(work: Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(work)
  return results.map((result) => {
    if (result.status === 'fulfilled') return 'ok'
    return result.reason instanceof AppError ? result.reason.reason : String(result.reason)
  })
}

async function world() {
  const place = await setup({ processes: 2, holdMin: 600 })
  const [{ id: serviceId = '' } = {}] = await place.database.db.select({ id: services.id }).from(services)
  const act = { now: place.time.now, by }
  return { ...place, serviceId, act, open: () => openWalkIn(place.database, { vehicle, serviceIds: [serviceId] }, act) }
}

test('of twenty payments at once through two processes no more is taken than is due', async () => {
  const { databases, open, act } = await world()
  const { row } = await open()
  const all = Array.from({ length: 20 }, (_, n) => payWalkIn(databases[n % 2] as never, row.id, cash(15_00), act))
  const outcomes = Object.groupBy(await ended(all), (outcome) => outcome)
  expect([outcomes.ok?.length, outcomes.overpaid?.length]).toEqual([3, 17])
  const file = await readFile((databases[0] as never as { db: never }).db, row.id)
  expect(tillOf(file)).toMatchObject({ paid: 45_00, left: 5_00 })
})

test('of a discount and the last payment at once one is refused', async () => {
  const { databases, open, act } = await world()
  for (let round = 0; round < 5; round += 1) {
    const { row } = await open()
    const [a, b] = databases as [never, never]
    const both = await ended([payWalkIn(a, row.id, cash(50_00), act), giveDiscount(b, row.id, 10, act)])
    expect(both.toSorted()).toEqual(['ok', 'overpaid'])
  }
})

test('a bay goes to a walk-in or to a booking, never to both', async () => {
  const { databases, open, act, bayIds, serviceId, wanted } = await world()
  await open()
  const [a, b] = databases as [never, never]
  const bayId = bayIds[0] ?? ''
  const soon = { ...act, now: act.now + 60 * 60_000 }
  const walkIn = { vehicle, serviceIds: [serviceId], bayId }
  for (let round = 0; round < 5; round += 1) {
    const day = round * 24 * 60 * 60_000
    const [now, startsAt] = [soon.now + day, soon.now + day]
    const both = [
      openWalkIn(a, walkIn, { ...act, now }),
      placeBooking(b, wanted(startsAt), { resourceIds: [bayId], now: startsAt - 180 * 60_000 }),
    ]
    expect((await ended(both)).toSorted()).toEqual(['ok', 'slot_taken'])
  }
})

type Step = (file: WalkInFile, database: never) => Promise<unknown>

test('whatever is done at the counter, and by two at once, the till adds up', async () => {
  const { databases, open, act, serviceId } = await world()
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc.integer({ min: 1, max: 60_00 }).map(
      (amount) =>
        ({ row }: WalkInFile, db: never) =>
          payWalkIn(db, row.id, cash(amount), act),
    ),
    fc.integer({ min: 1, max: 60_00 }).map(
      (amount) =>
        ({ row }: WalkInFile, db: never) =>
          refundWalkIn(db, row.id, cash(amount), act),
    ),
    fc.integer({ min: 0, max: 60 }).map(
      (percent) =>
        ({ row }: WalkInFile, db: never) =>
          giveDiscount(db, row.id, percent, act),
    ),
    fc.constant<Step>(({ row }, db) => addServices(db, row.id, [serviceId], act)),
    fc.constant<Step>(({ row, services: [line] }, db) => removeService(db, row.id, line?.id ?? '', act)),
    fc.constant<Step>(({ row }, db) => completeWalkIn(db, row.id, act)),
    fc.constant<Step>(({ row }, db) => cancelWalkIn(db, row.id, null, act)),
  )
  const [a, b] = databases as [never, never]
  const property = fc.asyncProperty(fc.array(fc.tuple(steps, steps), { maxLength: 8 }), async (pairs) => {
    let file = await open()
    for (const [one, other] of pairs) {
      await Promise.allSettled([one(file, a), other(file, b)])
      file = await readFile((a as { db: never }).db, file.row.id)
      const { paid, total, left } = tillOf(file)
      expect(paid).toBeGreaterThanOrEqual(0)
      expect(left).toBe(total - paid)
      if (file.status === 'in_progress') expect(left).toBeGreaterThanOrEqual(0)
      if (file.status === 'cancelled') expect(paid).toBe(0)
    }
  })
  await fc.assert(property, { numRuns: 25 })
})
