import { expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

const at = '2026-12-02T10:00:00+01:00'
const unfold = (text: string) => text.replace(/\r\n[ \t]/g, '')
const field = (text: string, name: string) =>
  [...unfold(text).matchAll(new RegExp(`^${name}:(.*)$`, 'gm'))].map(([, value]) => value?.trim())

test('a client sees their own bookings in a calendar, staff all of them', async () => {
  const { client, book, fresh, as } = await setupCounter()
  const id = await book(at)
  const other = await as('client', 'other')
  const washer = await fresh('washer')
  const mine = await client.call('GET', '/api/v1/bookings/calendar.ics')
  expect(mine.status).toBe(200)
  expect(field(mine.body, 'UID')).toEqual([`${id}@blingauto`])
  expect(field(mine.body, 'DTSTART')).toEqual(['20261202T090000Z'])
  expect(field(mine.body, 'DTEND')).toEqual(['20261202T100000Z'])
  expect(field(mine.body, 'STATUS')).toEqual(['TENTATIVE'])
  expect(field(mine.body, 'DESCRIPTION')[0]).toContain('2026-12-02 10:00 (Europe/Paris')
  expect(field((await other.call('GET', '/api/v1/bookings/calendar.ics')).body, 'UID')).toEqual([])
  expect(field((await washer('GET', '/api/v1/bookings/calendar.ics')).body, 'UID')).toHaveLength(1)
})

test('its entry keeps its name and counts each change, down to its cancellation', async () => {
  const { client, book, fresh } = await setupCounter()
  const id = await book(at)
  const washer = await fresh('washer')
  const seen = async () => {
    const { body } = await client.call('GET', '/api/v1/bookings/calendar.ics')
    return ['UID', 'SEQUENCE', 'STATUS'].map((name) => field(body, name)[0])
  }
  const uid = `${id}@blingauto`
  expect(await seen()).toEqual([uid, '0', 'TENTATIVE'])
  await washer('POST', `/api/v1/bookings/${id}/confirm`, {})
  expect(await seen()).toEqual([uid, '1', 'CONFIRMED'])
  await client.call('POST', `/api/v1/bookings/${id}/reschedule`, { new_scheduled_at: '2026-12-03T10:00:00+01:00' })
  expect(await seen()).toEqual([uid, '2', 'CONFIRMED'])
  await client.call('POST', `/api/v1/bookings/${id}/cancel`, {})
  expect(await seen()).toEqual([uid, '3', 'CANCELLED'])
})

test('a hold that was over by itself is a change too', async () => {
  const { again, book, time, jobs } = await setupCounter()
  await book(at)
  time.now += 31 * 60_000
  await jobs.runOnce('expire-holds')
  const { body } = await (await again())('GET', '/api/v1/bookings/calendar.ics')
  expect([field(body, 'STATUS'), field(body, 'SEQUENCE')]).toEqual([['CANCELLED'], ['1']])
})

test('a secret address shows the bookings of one account until it is renewed or ended, and is in no log or table', async () => {
  const { client, book, call, logged, database, as } = await setupCounter()
  const id = await book(at)
  const link = async () => (await client.call('POST', '/api/v1/bookings/calendar-link', {})).body.path as string
  const first = await link()
  expect(field((await call('GET', first)).body, 'UID')).toEqual([`${id}@blingauto`])
  const second = await link()
  expect((await call('GET', first)).status).toBe(404)
  expect((await call('GET', second)).status).toBe(200)
  expect((await call('GET', second.replace('.ics', ''))).status).toBe(200)
  const changed = second.replace(/.(?=\.ics$)/, (sign) => (sign === '0' ? '1' : '0'))
  expect((await call('GET', changed)).status).toBe(404)
  const token = second.split('/').at(-1)?.replace('.ics', '') ?? ''
  const { rows } = await database.pool.query('select * from calendar_links')
  expect(JSON.stringify(rows)).not.toContain(token)
  expect(logged.join('\n')).toContain('/bookings/calendar')
  expect(logged.join('\n')).not.toContain(token)
  await database.pool.query("update identity_accounts set disabled_at = now() where email like 'client@%'")
  expect((await call('GET', second)).status).toBe(404)
  await database.pool.query('update identity_accounts set disabled_at = null')
  const other = await as('client', 'other')
  expect((await other.call('DELETE', '/api/v1/bookings/calendar-link')).status).toBe(204)
  expect((await call('GET', second)).status).toBe(200)
  expect((await client.call('DELETE', '/api/v1/bookings/calendar-link')).status).toBe(204)
  expect((await call('GET', second)).status).toBe(404)
})

test('what people wrote stays text in a calendar', async () => {
  const { client, book, database } = await setupCounter()
  await book(at)
  await database.pool.query(`update booking_services set name = E'A;B,C\\r\\nATTENDEE:mailto:x@example.org'`)
  const { body } = await client.call('GET', '/api/v1/bookings/calendar.ics')
  expect(field(body, 'ATTENDEE')).toEqual([])
  expect(field(body, 'SUMMARY')[0]).toContain('A\\;B\\,C')
})
