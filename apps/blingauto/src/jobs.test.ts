import { expect, test } from 'vitest'
import { actOnBooking } from './store/booking-acts.ts'
import { endMissed, remindDue } from './store/due-bookings.ts'
import { setupCounter } from './testing/counter.ts'
import { setup as setupStore } from './testing/world.ts'

const hours = (n: number) => n * 3_600_000
const at = '2026-12-02T10:00:00+01:00'
const start = Date.parse(at)
const cash = { amount: 29_90, payment_method: 'cash' }

async function setup() {
  const world = await setupCounter()
  const { washer } = { washer: await world.fresh('washer') }
  const id = await world.book(at)
  const subjects = async () =>
    (await world.mails())
      .filter(({ subject }) => subject.includes('booking'))
      .map(({ subject }) => subject.split(' – ')[0])
  const run = async (name: string) => expect(await world.jobs.runOnce(name)).toEqual({ outcome: 'done', error: null })
  return { ...world, washer, id, url: `/api/v1/bookings/${id}`, subjects, run }
}

test('a booking that is paid is told once that it is confirmed, and nothing else is asked of it', async () => {
  const { washer, url, subjects, mails, run } = await setup()
  expect(await subjects()).toEqual([])
  await washer('POST', `${url}/payments`, cash)
  await washer('POST', `${url}/payments`, cash)
  await run('reminders')
  await run('holds-are-over')
  expect(await subjects()).toEqual(['Your booking is confirmed'])
  expect((await mails()).at(-1)).toMatchObject({ to: 'client@example.org' })
  expect((await mails()).at(-1)?.text).toContain('10:00 (Europe/Paris, UTC+01:00)')
})

test('a reminder comes once, a day before, and never for what is cancelled or was never confirmed', async () => {
  const { washer, url, subjects, run, time, again, book } = await setup()
  await washer('POST', `${url}/confirm`, {})
  const gone = `/api/v1/bookings/${await book('2026-12-02T12:00:00+01:00')}`
  await washer('POST', `${gone}/confirm`, {})
  await book('2026-12-02T14:00:00+01:00')
  time.now = start - hours(24) - 1
  await run('reminders')
  const before = ['Your booking is confirmed', 'Your booking is confirmed']
  expect(await subjects()).toEqual(before)
  await (await again())('POST', `${gone}/cancel`, {})
  time.now = start - hours(24)
  await run('reminders')
  await run('reminders')
  expect(await subjects()).toEqual([...before, 'Your booking is cancelled', 'Your booking is tomorrow'])
  time.now = start - hours(20)
  await run('reminders')
  expect(await subjects()).toHaveLength(4)
})

test('who booked later than a day before is not reminded, and who moved is for the new time', async () => {
  const { washer, url, subjects, run, time, again, fresh } = await setup()
  await washer('POST', `${url}/confirm`, {})
  time.now = start - hours(24)
  await run('reminders')
  await (await again())('POST', `${url}/reschedule`, { new_scheduled_at: '2026-12-05T10:00:00+01:00' })
  await run('reminders')
  expect((await subjects()).slice(1)).toEqual(['Your booking is tomorrow', 'Your booking was moved'])
  time.now = start + hours(48)
  await run('reminders')
  expect((await subjects()).at(-1)).toBe('Your booking is tomorrow')
  const client = await again()
  const { vehicle_id, total_price } = (await client('GET', url)).body
  expect(total_price).toBe(29_90)
  const services = (await client('GET', '/api/v1/services')).body.services
  const soon = { vehicle_id, service_ids: [services[0].id], scheduled_at: '2026-12-05T12:00:00+01:00' }
  const { id } = (await client('POST', '/api/v1/bookings', soon)).body
  await (await fresh('washer'))('POST', `/api/v1/bookings/${id}/confirm`, {})
  const all = await subjects()
  await run('reminders')
  expect(await subjects()).toEqual(all)
})

test('a reminder is marked and written in one transaction, or neither is', async () => {
  const { washer, url, database, time } = await setup()
  await washer('POST', `${url}/confirm`, {})
  time.now = start - hours(23)
  const broken = remindDue(database, time.now, () => Promise.reject(new Error('no post')))
  await expect(broken).rejects.toThrow('no post')
  const { rows } = await database.pool.query('select reminded_at from bookings')
  expect(rows).toEqual([{ reminded_at: null }])
})

test('who does not come is told so half an hour after, with the fee', async () => {
  const { washer, url, subjects, run, time, fresh, mails } = await setup()
  await washer('POST', `${url}/confirm`, {})
  time.now = start + 30 * 60_000 - 1
  await run('no-shows')
  expect((await (await fresh('washer'))('GET', url)).body.status).toBe('confirmed')
  time.now += 1
  await run('no-shows')
  await run('no-shows')
  const seen = (await (await fresh('washer'))('GET', url)).body
  expect(seen).toMatchObject({ status: 'no_show', cancellation_fee: 29_90, final_price: 29_90 })
  expect((await subjects()).slice(1)).toEqual(['You missed your booking'])
  const told = (await mails()).find(({ subject }) => subject.startsWith('You missed'))
  expect(told?.text).toContain('29.90 EUR')
})

test('a schedule that leaves what it is for undone has failed', async () => {
  const { washer, url, database, time, jobs } = await setup()
  await washer('POST', `${url}/confirm`, {})
  time.now = start - hours(20)
  // A row that somebody holds is left to the next time; for hours, that is too late.
  await database.transaction(async (tx) => {
    await tx.execute('select 1 from bookings for update')
    expect((await jobs.runOnce('reminders')).outcome).toBe('unexpected')
  })
  expect((await jobs.runOnce('reminders')).outcome).toBe('done')
})

test('of the worker and who begins, cancels or is reminded at the same moment one wins', async () => {
  const { place, databases, time, at, day } = await setupStore({ processes: 2, bays: 1 })
  let days = 0
  const [a, b] = databases as [never, never]
  const nobody = async () => undefined
  for (const act of ['start', 'cancel'] as const) {
    for (let round = 0; round < 6; round += 1) {
      days += 1
      const begins = at(day(days), '12:00')
      time.now = begins - hours(3)
      const booking = await place(begins)
      await actOnBooking(a, booking.id, 'confirm', { now: time.now })
      time.now = begins + 30 * 60_000
      const both = await Promise.allSettled([
        endMissed(a, time.now, nobody),
        actOnBooking(b, booking.id, act, { now: time.now }),
      ])
      const acted = both[1]?.status === 'fulfilled'
      const { rows } = await (
        a as { pool: { query(text: string, values: unknown[]): Promise<{ rows: unknown[] }> } }
      ).pool.query('select status from bookings where id = $1', [booking.id])
      const won = act === 'start' ? 'in_progress' : 'cancelled'
      expect(rows).toEqual([{ status: acted ? won : 'no_show' }])
      expect(both[0]).toEqual({ status: 'fulfilled', value: acted ? 0 : 1 })
    }
  }
})
