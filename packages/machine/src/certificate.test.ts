import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { readCertificate, validityOf } from './certificate.ts'
import { selfSigned } from './testing/self-signed.ts'

const now = Date.parse('2026-01-01T00:00:00Z')

test('a certificate is told by its names, also where one has the sign between a field and its value', () => {
  const { certificate } = selfSigned(['a=b', 'c.test'], 10)
  const told = { subject: 'a=b', issuer: 'a=b', names: ['a=b', 'c.test'] }
  expect(readCertificate(certificate, now)).toMatchObject(told)
  expect(readCertificate('nothing', now)).toBeNull()
})

test.each([
  [-1, 'expired'],
  [0, 'expires_soon'],
  [20, 'expires_soon'],
  [21, 'valid'],
])('with %i days left, for whoever wants 21, it is %s', (days, validity) => {
  const { certificate } = selfSigned(['app.test'], 90)
  const endMs = Date.parse(new X509Certificate(certificate).validTo)
  const read = readCertificate(certificate, endMs - days * 24 * 3_600_000)
  expect(read && validityOf(read, 21)).toBe(validity)
})

test.each([
  ['six days, at its beginning', 6, 6, 'valid'],
  ['six days, with two left', 6, 2, 'valid'],
  ['six days, with one left', 6, 1, 'expires_soon'],
  ['ten days, with nine left', 10, 9, 'valid'],
  ['forty-seven days, with sixteen left', 47, 16, 'valid'],
  ['forty-seven days, with eleven left', 47, 11, 'expires_soon'],
  ['a year, with twenty left', 365, 20, 'expires_soon'],
])('one that lives %s is judged by its life: %i, %i, %s', (_, life, left, validity) => {
  const { certificate } = selfSigned(['app.test'], life)
  const endMs = Date.parse(new X509Certificate(certificate).validTo)
  const read = readCertificate(certificate, endMs - left * 24 * 3_600_000)
  expect(read && validityOf(read, 21)).toBe(validity)
})

test('one of twelve hours, as Caddy gives inside a house, is worth a warning only near its end', () => {
  const of = (hoursLeft: number) => ({
    validFrom: '2026-01-01T00:00:00.000Z',
    validTo: '2026-01-01T12:00:00.000Z',
    daysLeft: 0,
    lifeLeftPercent: Math.round((100 * hoursLeft) / 12),
  })
  expect([12, 4, 2].map((hours) => validityOf(of(hours), 21))).toEqual(['valid', 'valid', 'expires_soon'])
})
