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
    const [move, ...others] = await Promise.all([
      owner.call('POST', `/bookings/${id}/reschedule`, { new_scheduled_at: to }),
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
