import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalSecrets, hashToken, isToken, newToken } from './token.ts'

test('a token has its kind, at least 160 random bits, and passes its own check', () => {
  const token = newToken('run')
  expect(token).toMatch(/^iko_run_[0-9A-Za-z]{33}$/)
  expect(27 * Math.log2(62)).toBeGreaterThan(160)
  expect(isToken(token, 'run')).toBe(true)
  expect(isToken(token, 'api')).toBe(false)
})

test('two tokens are never the same', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newToken('api'))).size).toBe(1000)
})

test('any one-character typo is refused by the checksum', () => {
  const token = newToken('enr')
  const alphabet = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-']
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet), (index, character) => {
      fc.pre(token[index] !== character)
      expect(isToken(token.slice(0, index) + character + token.slice(index + 1), 'enr')).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test('secrets of unequal length compare as different, without an error', () => {
  expect(equalSecrets('short', 'a much longer secret')).toBe(false)
  expect(equalSecrets('', '')).toBe(true)
})

test('a hash says nothing of its token', () => {
  const token = newToken('run')
  expect(hashToken(token)).not.toContain(token.slice(8, 20))
})
