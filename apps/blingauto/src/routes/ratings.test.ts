import { expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

async function setup() {
  const world = await setupCounter()
  /** A booking that is washed; the clock stands at its end. */
  const washed = async (hour: string, serviceIds = [world.full]) => {
    const start = Date.parse(`2026-11-30T${hour}:00:00Z`)
    world.time.now = start - 3 * 3_600_000
    const client = await world.again()
    const wanted = { vehicle_id: world.vehicle, service_ids: serviceIds, scheduled_at: new Date(start).toISOString() }
    const { id } = (await client('POST', '/api/v1/bookings', wanted)).body
    await (await world.fresh('washer'))('POST', `/api/v1/bookings/${id}/confirm`, {})
    world.time.now = start
    await (await world.fresh('washer'))('POST', `/api/v1/bookings/${id}/start`, {})
    world.time.now = start + 3_000_000
    await (await world.fresh('washer'))('POST', `/api/v1/bookings/${id}/complete`, {})
    return `/api/v1/bookings/${id}`
  }
  return { ...world, washed }
}

test('a wash is rated by its owner alone, once, when it is completed', async () => {
  const { washed, again, fresh, book } = await setup()
  const open = `/api/v1/bookings/${await book('2026-12-02T10:00:00+01:00')}`
  expect((await (await again())('POST', `${open}/rate`, { rating: 5 })).body.error.code).toBe('WRONG_STATUS')
  const url = await washed('11')
  const client = await again()
  const [admin, stranger] = [await fresh('admin'), await fresh('client')]
  expect((await admin('POST', `${url}/rate`, { rating: 5 })).status).toBe(403)
  expect((await stranger('POST', `${url}/rate`, { rating: 5 })).status).toBe(404)
  for (const body of [{ rating: 0 }, { rating: 6 }, { rating: 4.5 }, {}, { rating: 5, feedback: 'x'.repeat(1001) }])
    expect((await client('POST', `${url}/rate`, body)).status).toBe(400)
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, n) => client('POST', `${url}/rate`, { rating: 1 + (n % 5), feedback: 'x' })),
  )
  expect(all.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(409)])
})

test('the average of a service is of its ratings, each booking once, and honest after one is taken away', async () => {
  const { washed, again, fresh, full, wax, call } = await setup()
  const one = await washed('11', [full, wax])
  await (await again())('POST', `${one}/rate`, { rating: 5 })
  const two = await washed('14')
  await (await again())('POST', `${two}/rate`, { rating: 2, feedback: 'streaks' })
  const ratings = async () => {
    const { services } = (await call('GET', '/api/v1/services')).body
    const of = (id: string) => services.find((service: { id: string }) => service.id === id).rating
    return [of(full), of(wax)]
  }
  expect(await ratings()).toEqual([
    { average: 3.5, count: 2 },
    { average: 5, count: 1 },
  ])
  const [admin, manager] = [await fresh('admin'), await fresh('manager')]
  expect((await manager('DELETE', `${two}/rating`)).status).toBe(403)
  expect((await admin('DELETE', `${two}/rating`)).status).toBe(204)
  expect((await admin('DELETE', `${two}/rating`)).status).toBe(404)
  expect(await ratings()).toEqual([
    { average: 5, count: 1 },
    { average: 5, count: 1 },
  ])
  expect((await (await again())('POST', `${two}/rate`, { rating: 1 })).body.error.code).toBe('ALREADY_RATED')
})
