import { expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

const car = (plate: string, more = {}) => ({ make: 'Fiat', model: 'Uno', year: 2020, license_plate: plate, ...more })
const url = '/api/v1/vehicles'

test('of many that are made the default at once one is', async () => {
  const { client } = await setupCounter()
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, n) => client.call('POST', url, car(`P-${n}`, { is_default: true }))),
  )
  expect(all.map(({ status }) => status)).toEqual(Array(10).fill(201))
  const ids = all.map(({ body }) => body.id)
  await Promise.all(ids.map((id) => client.call('PUT', `${url}/${id}/default`)))
  const { vehicles } = (await client.call('GET', url)).body
  expect(vehicles.filter(({ is_default }: { is_default: boolean }) => is_default)).toHaveLength(1)
})

test('of one plate added twice at once one is', async () => {
  const { client } = await setupCounter()
  const both = await Promise.all([client.call('POST', url, car('x 1')), client.call('POST', url, car('X-1'))])
  expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
})

test('a vehicle is seen, replaced and made default by its owner alone', async () => {
  const { client, as, vehicle } = await setupCounter()
  const other = await as('client', 'other')
  const at = `${url}/${vehicle}`
  for (const [method, path, body] of [
    ['GET', at, undefined],
    ['PUT', at, car('X')],
    ['PUT', `${at}/default`, undefined],
    ['DELETE', at, undefined],
  ] as const)
    expect((await other.call(method, path, body)).status).toBe(404)
  const second = (await client.call('POST', url, car('Z-9'))).body.id
  expect((await client.call('PUT', `${url}/${second}`, car('ab 123 cd'))).body.error.code).toBe('LICENSE_PLATE_TAKEN')
  const replaced = await client.call('PUT', at, car('ab 123 cd', { color: 'red', is_default: true }))
  expect(replaced.body).toMatchObject({ make: 'Fiat', license_plate: 'AB-123-CD', color: 'red', is_default: true })
  expect((await client.call('GET', at)).body).toEqual(replaced.body)
  expect((await client.call('PUT', at, car('X', { year: 2029 }))).body.error.code).toBe('YEAR_TOO_LATE')
  expect((await client.call('DELETE', at)).status).toBe(204)
  expect((await client.call('GET', at)).status).toBe(404)
})

test('the size of a vehicle stays while it is booked', async () => {
  const { client, vehicle, book } = await setupCounter()
  const id = await book('2026-12-02T10:00:00+01:00')
  const larger = car('AB-123-CD', { size: 'OVERSIZED' })
  expect((await client.call('PUT', `${url}/${vehicle}`, larger)).body.error.code).toBe('VEHICLE_BOOKED')
  expect((await client.call('PUT', `${url}/${vehicle}`, car('AB-123-CD'))).status).toBe(200)
  await client.call('POST', `/api/v1/bookings/${id}/cancel`, {})
  expect((await client.call('PUT', `${url}/${vehicle}`, larger)).body.size).toBe('oversized')
})
