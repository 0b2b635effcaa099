import { expect, test } from 'vitest'
import { openWalkIn } from '../store/walk-ins.ts'
import { setupCounter } from '../testing/counter.ts'

const cash = (amount: number) => ({ amount, payment_method: 'cash' })
const car = { vehicle_make: 'Fiat', model: 'Panda', color: 'white', size: 'compact' }

async function setup() {
  const world = await setupCounter()
  await world.database.pool.query('update site set tax_basis_points = 2000')
  const [washer, manager] = [await world.fresh('washer'), await world.fresh('manager')]
  return { ...world, washer, manager }
}

test('a walk-in that is completed has a receipt, with the tax in its price, that stays as it was', async () => {
  const { washer, manager, full, wax, database } = await setup()
  const { id } = (await washer('POST', '/api/v1/walkins', { ...car, service_ids: [full, wax] })).body
  const url = `/api/v1/walkins/${id}`
  await manager('POST', `${url}/discount`, { discount_percent: 10 })
  await washer('POST', `${url}/payments`, cash(20_00))
  await washer('POST', `${url}/payments`, { amount: 15_95, payment_method: 'card', transaction_reference: 'T' })
  expect((await washer('GET', `${url}/receipt`)).body.error.code).toBe('RECEIPT_NOT_FOUND')
  await washer('POST', `${url}/complete`, {})
  const receipt = (await washer('GET', `${url}/receipt`)).body
  expect(receipt).toEqual({
    number: '2026-000001',
    year: 2026,
    issued_at: '2026-11-30T07:00:00.000Z',
    place: 'BlingAuto',
    local: { date: '2026-11-30', time: '08:00' },
    lines: [
      { name: 'Full wash', price: 29_90 },
      { name: 'Wax', price: 10_05 },
    ],
    ...{ discount: 4_00, total: 35_95, tax: 5_99, tax_rate_percent: 20, currency: 'EUR' },
    payments: [
      { payment_method: 'cash', amount: 20_00 },
      { payment_method: 'card', amount: 15_95 },
    ],
  })
  await database.pool.query("update services set name = name || ' 2', price = 1")
  await database.pool.query("update site set tax_basis_points = 550, name = 'Another', currency = 'MAD'")
  await manager('POST', `${url}/refunds`, cash(5_00))
  expect((await washer('GET', `${url}/receipt`)).body).toEqual(receipt)
})

test('a receipt is printed in the language that is asked for', async () => {
  const { washer, full } = await setup()
  const url = `/api/v1/walkins/${(await washer('POST', '/api/v1/walkins', { ...car, service_ids: [full] })).body.id}`
  await washer('POST', `${url}/payments`, cash(29_90))
  await washer('POST', `${url}/complete`, {})
  const printed = async (language: string) =>
    (await washer('GET', `${url}/receipt`, undefined, { accept: 'text/plain', 'accept-language': language })).body
  expect(await printed('fr-FR, en;q=0.5')).toBe(
    [
      'BlingAuto',
      'Reçu 2026-000001',
      '2026-11-30 08:00',
      '------------------------------------------',
      'Full wash                            29,90',
      '------------------------------------------',
      'Total EUR                            29,90',
      'dont TVA 20 %                         4,98',
      '------------------------------------------',
      'Espèces                              29,90',
      '',
    ].join('\n'),
  )
  expect(await printed('de')).toContain('of which tax 20 %                     4.98')
})

test('a booking has its receipt once it is both washed and paid, with its overtime', async () => {
  const { washer, book, time, fresh, again } = await setup()
  const url = `/api/v1/bookings/${await book('2026-12-02T10:00:00+01:00')}`
  await washer('POST', `${url}/payments`, cash(29_90))
  time.now = Date.parse('2026-12-02T10:00:00+01:00')
  await (await fresh('washer'))('POST', `${url}/start`, {})
  time.now += 63 * 60_000
  const late = await fresh('washer')
  await late('POST', `${url}/complete`, {})
  const client = await again()
  expect((await client('GET', `${url}/receipt`)).status).toBe(404)
  await late('POST', `${url}/payments`, cash(3_00))
  const { body } = await client('GET', `${url}/receipt`)
  expect(body).toMatchObject({
    number: '2026-000001',
    lines: [
      { name: 'Full wash', price: 29_90 },
      { name: 'Overtime', price: 3_00 },
    ],
    total: 32_90,
    tax: 5_48,
    local: { date: '2026-12-02', time: '11:03' },
  })
  const other = await fresh('client')
  expect((await other('GET', `${url}/receipt`)).status).toBe(404)
})

test('fifty at once are numbered without a gap, also where some fail, and each year begins with one', async () => {
  const { database, washer, full, time, client, fresh } = await setup()
  const by = client.id
  const vehicle = { make: 'Fiat', model: 'Panda', color: 'white', size: 'compact' as const }
  const urls: string[] = []
  for (let n = 0; n < 50; n += 1) {
    const { row } = await openWalkIn(database, { vehicle, serviceIds: [full] }, { now: time.now, by })
    urls.push(`/api/v1/walkins/${row.id}`)
  }
  // Every fifth is not paid, and is refused.
  const paid = urls.filter((_, n) => n % 5 !== 0)
  await Promise.all(paid.map((url) => washer('POST', `${url}/payments`, cash(29_90))))
  const ends = await Promise.all([...urls, ...urls].map((url) => washer('POST', `${url}/complete`, {})))
  expect(ends.filter(({ status }) => status === 200)).toHaveLength(40)
  const numbersOf = async (year: number) => {
    const found = await database.pool.query('select number from receipts where year = $1 order by number', [year])
    return found.rows.map(({ number }) => number)
  }
  expect(await numbersOf(2026)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
  // Midnight in Paris, an hour before it is in Greenwich.
  time.now = Date.parse('2026-12-31T23:30:00Z')
  const late = await fresh('washer')
  const [first = ''] = urls
  await late('POST', `${first}/payments`, cash(29_90))
  await late('POST', `${first}/complete`, {})
  expect((await late('GET', `${first}/receipt`)).body.number).toBe('2027-000001')
})
