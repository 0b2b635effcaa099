import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Answer } from './api-process.ts'
import { type CarWash, type Client, openCarWash } from './car-wash.ts'

// Two processes of the API on one PostgreSQL; `IKOMA_ROUNDS` tries longer.
const rounds = Number(process.env.IKOMA_ROUNDS ?? 100)

const statuses = (answers: readonly Answer[]) => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

test('of a hundred clients who want one time one gets it, and ninety-nine are told that it is taken', async (hooks) => {
  const wash = await openCarWash({ bays: 2 }, hooks)
  const clients = await wash.clients(100)
  const starts = await wash.starts(Math.ceil(rounds / 2))
  for (let round = 0; round < rounds; round += 1) {
    const [start = '', bay = ''] = [starts[round >> 1], wash.bays[round % 2]]
    const answers = await Promise.all(
      clients.map((client) => client.call('POST', '/bookings', wash.booking(client, start, bay))),
    )
    expect(statuses(answers), `round ${round}`).toEqual({ 201: 1, 409: 99 })
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.error.code)).toEqual(
      Array(99).fill('SLOT_TAKEN'),
    )
  }
  expect(await wash.faults()).toEqual([])
  expect(await wash.database.query('select count(*)::int as n from bookings')).toEqual([{ n: rounds }])
}, 3_600_000)

test('of any bay each of as many clients as there are bays gets one, and the others are told', async (hooks) => {
  const wash = await openCarWash({ bays: 3 }, hooks)
  const clients = await wash.clients(20)
  for (const start of await wash.starts(Math.ceil(rounds / 10))) {
    const answers = await Promise.all(
      clients.map((client) => client.call('POST', '/bookings', wash.booking(client, start))),
    )
    expect(statuses(answers), start).toEqual({ 201: 3, 409: 17 })
  }
  expect(await wash.faults()).toEqual([])
}, 3_600_000)

test('a move and new bookings of its new and its old time leave each time with one', async (hooks) => {
  const wash = await openCarWash({}, hooks)
  const clients = await wash.clients(20)
  const starts = await wash.starts(2 * Math.ceil(rounds / 4))
  let moved = 0
  for (let round = 0; 2 * round < starts.length; round += 1) {
    const [from = '', to = ''] = starts.slice(2 * round)
    const owner = clients[round % 20] as Client
    const { id } = (await owner.call('POST', '/bookings', wash.booking(owner, from))).body
    const moving = owner.call('POST', `/bookings/${id}/reschedule`, { new_scheduled_at: to })
    // A move asks more than a new booking does: with an even start it would hardly ever win.
    await sleep(Math.random() * 40)
    const [move, ...others] = await Promise.all([
      moving,
      ...clients
        .slice(0, 4)
        .map((client, n) => client.call('POST', '/bookings', wash.booking(client, n % 2 ? from : to))),
    ])
    expect([200, 409], JSON.stringify(move?.body)).toContain(move?.status)
    expect(Object.keys(statuses(others)).every((status) => status === '201' || status === '409')).toBe(true)
    const [here, there] = await Promise.all([holding(wash, from), holding(wash, to)])
    expect(there).toHaveLength(1)
    // Who could not move keeps what they had.
    if (move?.status === 200) moved += 1
    else expect(here).toEqual([id])
    expect(here.length).toBeLessThanOrEqual(1)
  }
  expect(moved).toBeGreaterThan(0)
  expect(await wash.faults()).toEqual([])
}, 3_600_000)

async function holding(wash: CarWash, start: string): Promise<unknown[]> {
  const rows = await wash.database.query(
    `select id from bookings where starts_at = '${start}' and status in ('pending', 'confirmed')`,
  )
  return rows.map(({ id }) => id)
}

test('a booking placed while the place is closed for its time is refused, or listed by the closure', async (hooks) => {
  const wash = await openCarWash({}, hooks)
  const [clients, admin] = [await wash.clients(10), await wash.admin()]
  let refused = 0
  for (const start of await wash.starts(Math.ceil(rounds / 4))) {
    const closing = { starts_at: start, ends_at: after(start, 60), reason: 'works' }
    const [closed, ...placed] = await Promise.all([
      admin('POST', '/facilities/closures', closing),
      ...clients.map((client) => client.call('POST', '/bookings', wash.booking(client, start))),
    ])
    expect(closed?.status).toBe(201)
    const codes = placed
      .filter(({ status }) => status !== 201)
      .map(({ status, body }) => `${status} ${body.error.code}`)
    expect(
      codes.every((code) => code === '409 SLOT_TAKEN' || code === '422 CLOSED'),
      codes.join(),
    ).toBe(true)
    refused += codes.filter((code) => code === '422 CLOSED').length
    const listed = closed?.body.bookings.map(({ id }: { id: string }) => id)
    expect(listed).toEqual(placed.filter(({ status }) => status === 201).map(({ body }) => body.id))
  }
  expect(refused).toBeGreaterThan(0)
  expect(await wash.faults()).toEqual([])
}, 3_600_000)

test('ends that are moved against each other and against new bookings never meet', async (hooks) => {
  const wash = await openCarWash({}, hooks)
  const [clients, admin] = [await wash.clients(6), await wash.admin()]
  const starts = await wash.starts(2 * Math.ceil(rounds / 4))
  let won = 0
  for (let round = 0; 2 * round < starts.length; round += 1) {
    const [first = ''] = starts.slice(2 * round)
    const { id } = (await (clients[0] as Client).call('POST', '/bookings', wash.booking(clients[0] as Client, first)))
      .body
    const [...stretched] = await Promise.all([
      ...[60, 90, 120].map((minutes) => admin('PATCH', `/bookings/${id}`, { ends_at: after(first, minutes) })),
      ...clients.map((client) => client.call('POST', '/bookings', wash.booking(client, after(first, 60)))),
    ])
    const wrong = stretched.filter(({ status }) => ![200, 201, 409, 422].includes(status))
    expect(wrong).toEqual([])
    won += stretched.filter(({ status }) => status === 201).length
    expect(await wash.faults(), `round ${round}`).toEqual([])
  }
  expect(won).toBeGreaterThan(0)
}, 3_600_000)

function after(start: string, minutes: number): string {
  return new Date(Date.parse(start) + minutes * 60_000).toISOString()
}
