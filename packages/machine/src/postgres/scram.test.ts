import { expect, test } from 'vitest'
import { isVerifierOf, scramVerifier } from './scram.ts'

/** The example of RFC 7677: its salt and its iterations, and the keys that follow from "pencil". */
const ofPencil =
  'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU='

test('a verifier is that of its password alone, and holds nothing of it', () => {
  const verifier = scramVerifier('correct horse')
  expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/)
  expect(isVerifierOf(verifier, 'correct horse')).toBe(true)
  expect(isVerifierOf(verifier, 'correct horsf')).toBe(false)
  expect(scramVerifier('correct horse')).not.toBe(verifier)
})

test('a verifier that PostgreSQL wrote is read', () => {
  expect(isVerifierOf(ofPencil, 'pencil')).toBe(true)
  expect(isVerifierOf(ofPencil, 'pencils')).toBe(false)
})

test.each([
  null,
  '',
  'md5d41d8cd98f00b204e9800998ecf8427e',
  'SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$a:b',
  'SCRAM-SHA-256$9999999:W22ZaJ0SNY7soEsUEjb6gQ==$a:b',
  `${ofPencil}x`,
  ` ${ofPencil}`,
])('%j is of no password', (verifier) => {
  expect(isVerifierOf(verifier, 'pencil')).toBe(false)
})
