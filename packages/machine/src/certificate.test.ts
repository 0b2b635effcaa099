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
