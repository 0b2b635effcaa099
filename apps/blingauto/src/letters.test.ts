import { expect, test } from 'vitest'
import { bookingLetter } from './booking-letters.ts'
import { languageOf } from './domain/language.ts'
import { letterOf } from './letters.ts'
import { setupCounter } from './testing/counter.ts'

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['fr', 'fr'],
  ['fr-CA,en;q=0.8', 'fr'],
  ['en, fr;q=0.9', 'en'],
  ['de, fr;q=0.3, en;q=0.2', 'fr'],
  ['fr;q=0', 'en'],
  ['FR', 'fr'],
  ['frank', 'en'],
  [`${'x,'.repeat(10_000)}fr`, 'en'],
])('of %s the language is %s', (header, language) => {
  expect(languageOf(header)).toBe(language)
})

const told = { refund: 0, place: 'Bling', currency: 'EUR' }

test.each([
  ['Europe/Paris', '2026-12-01T09:00:00Z', 'en', 'Tuesday 1 December 2026, 10:00 (Europe/Paris, UTC+01:00)'],
  ['Europe/Paris', '2026-12-01T09:00:00Z', 'fr', 'mardi 1 décembre 2026, 10:00 (Europe/Paris, UTC+01:00)'],
  ['Europe/Paris', '2026-10-25T00:30:00Z', 'en', 'Sunday 25 October 2026, 02:30 (Europe/Paris, UTC+02:00)'],
  ['Europe/Paris', '2026-10-25T01:30:00Z', 'en', 'Sunday 25 October 2026, 02:30 (Europe/Paris, UTC+01:00)'],
  ['Asia/Kolkata', '2026-12-01T20:00:00Z', 'en', 'Wednesday 2 December 2026, 01:30 (Asia/Kolkata, UTC+05:30)'],
] as const)('a letter from %s about %s says in %s: %s', (zone, instant, locale, time) => {
  const booking = { startsAt: new Date(instant), zone, fee: 0 }
  const { text } = bookingLetter('confirmed', booking, { ...told, locale })
  expect(text.replaceAll(' ', ' ').replace(/day, /, 'day ')).toContain(time)
})

test('a letter about a late cancellation tells its fee and what goes back, and a name of a place writes no header', () => {
  const booking = { startsAt: new Date('2026-12-01T09:00:00Z'), zone: 'Europe/Paris', fee: 12_50 }
  const letter = bookingLetter('cancelled', booking, { ...told, place: 'A\r\nBcc: x', refund: 37_50, locale: 'fr' })
  expect(letter.subject).not.toMatch(/[\r\n]/)
  expect(letter.text).toContain('Frais: 12.50 EUR.')
  expect(letter.text).toContain('Remboursement: 37.50 EUR.')
})

test('who registered in French is written to in French, from the first letter on', async () => {
  const { call, mails, fresh, database } = await setupCounter()
  const person = {
    email: 'jean@example.org',
    password: 'correct-horse-7-battery',
    first_name: 'Jean',
    last_name: 'Bon',
  }
  const registered = await call('POST', '/api/v1/auth/register', person, { 'accept-language': 'fr-FR' })
  expect(registered.status).toBe(201)
  expect((await mails()).at(-1)).toMatchObject({ to: 'jean@example.org', subject: 'Vérifiez votre adresse' })
  const { rows } = await database.pool.query('select locale from profiles where account_id = $1', [
    registered.body.user_id,
  ])
  expect(rows).toEqual([{ locale: 'fr' }])
  expect(await fresh('washer')).toBeTruthy()
})

test('a link is in the letter alone that has a token', () => {
  const event = { accountId: 'a', to: 'x@example.org', expiresAt: new Date() }
  const reset = letterOf({ kind: 'reset-password', token: 'a&b', ...event }, 'https://app.example.org', 'fr')
  expect(reset.text).toContain('https://app.example.org/reset-password?token=a%26b')
  expect(letterOf({ kind: 'password-changed', ...event }, 'https://app.example.org', 'fr').text).not.toContain('http')
})
