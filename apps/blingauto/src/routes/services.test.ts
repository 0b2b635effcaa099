import { describe, expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

async function setup() {
  const world = await setupCounter()
  const [manager, admin, washer] = [
    await world.fresh('manager'),
    await world.fresh('admin'),
    await world.fresh('washer'),
  ]
  const add = async (name: string, more = {}) => {
    const body = { name, price: 10_00, duration_minutes: 30, ...more }
    const url = `/api/v1/services/categories/${world.categoryId}/services`
    return (await manager('POST', url, body)).body.id as string
  }
  const names = async (query: string) => {
    const { body } = await world.call('GET', `/api/v1/services${query}`)
    return body.services.map(({ name }: { name: string }) => name)
  }
  return { ...world, manager, admin, washer, add, names }
}

test('services are searched, filtered and paged, and signs of patterns are signs', async () => {
  const { add, names, call, full } = await setup()
  await add('50% off_season')
  await add('Carpets', { description: 'wax too', price: 99_00 })
  expect(await names('')).toEqual(['50% off_season', 'Carpets', 'Full wash', 'Wax'])
  expect(await names('?search=%25')).toEqual(['50% off_season'])
  expect(await names('?search=_')).toEqual(['50% off_season'])
  expect(await names('/search?q=WAX')).toEqual(['Carpets', 'Wax'])
  expect(await names('?min_price=2000&max_price=5000')).toEqual(['Full wash'])
  const { body } = await call('GET', '/api/v1/services?limit=3')
  expect([body.services.length, body.total_count, body.has_next]).toEqual([3, 4, true])
  expect((await call('GET', `/api/v1/services/${full}`)).body).toMatchObject({ name: 'Full wash', status: 'active' })
  expect((await call('GET', '/api/v1/services/search')).status).toBe(400)
})

describe('a price', () => {
  test('that changes is that of what is booked from then on', async () => {
    const { manager, washer, book, full, client } = await setup()
    const before = await book('2026-12-02T10:00:00+01:00')
    expect((await washer('PATCH', `/api/v1/services/${full}/price`, { new_price: 1_00 })).status).toBe(403)
    expect((await manager('PATCH', `/api/v1/services/${full}/price`, { new_price: 0 })).status).toBe(400)
    const changed = await manager('PATCH', `/api/v1/services/${full}/price`, { new_price: 35_00 })
    expect(changed.body.price).toBe(35_00)
    const after = await book('2026-12-02T12:00:00+01:00')
    const priceOf = async (id: string) => (await client.call('GET', `/api/v1/bookings/${id}`)).body.total_price
    expect([await priceOf(before), await priceOf(after)]).toEqual([29_90, 35_00])
  })
})

test('three of a category are popular, also where many are made so at once', async () => {
  const { manager, add, names, full } = await setup()
  const ids = [full]
  for (const name of ['A', 'B', 'C', 'D', 'E']) ids.push(await add(name))
  const all = await Promise.all(ids.map((id) => manager('PATCH', `/api/v1/services/${id}/popular`, {})))
  expect(all.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(all.find(({ status }) => status !== 200)?.body.error.code).toBe('TOO_MANY_POPULAR')
  expect(await names('/popular')).toHaveLength(3)
  const chosen = all.find(({ status }) => status === 200)?.body.id
  await manager('PATCH', `/api/v1/services/${chosen}/popular`, { is_popular: false })
  expect(await names('/popular')).toHaveLength(2)
})

test('a service is changed in part or replaced, and archived for good', async () => {
  const { manager, admin, add, call, names, full, client, vehicle } = await setup()
  const id = await add('Old')
  const at = `/api/v1/services/${id}`
  expect((await manager('PATCH', at, { name: 'New' })).body).toMatchObject({ name: 'New', price: 10_00 })
  expect((await manager('PATCH', at, { name: 'Full wash' })).body.error.code).toBe('SERVICE_TAKEN')
  expect((await manager('PUT', at, { name: 'New', price: 12_00, duration_minutes: 45 })).body).toMatchObject({
    ...{ price: 12_00, duration_minutes: 45, description: null },
  })
  expect((await manager('PUT', at, { name: 'New' })).status).toBe(400)
  const missing = '0198c000-0000-7000-8000-000000000001'
  expect((await manager('PATCH', at, { category_id: missing })).body.error.code).toBe('CATEGORY_NOT_FOUND')
  await manager('PATCH', at, { status: 'inactive' })
  expect(await names('')).toEqual(['Full wash', 'Wax'])
  expect((await manager('DELETE', at)).status).toBe(403)
  expect((await admin('DELETE', `${at}?reason=old`)).status).toBe(204)
  expect((await call('GET', at)).status).toBe(404)
  expect((await manager('PATCH', at, { status: 'active' })).status).toBe(404)
  await admin('DELETE', `/api/v1/services/${full}`)
  const wanted = { vehicle_id: vehicle, service_ids: [full], scheduled_at: '2026-12-02T10:00:00+01:00' }
  expect((await client.call('POST', '/api/v1/bookings', wanted)).body.error.code).toBe('SERVICE_NOT_FOUND')
})
