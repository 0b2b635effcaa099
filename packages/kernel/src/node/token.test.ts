import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalSecrets, hashToken, isToken, newToken } from './token.ts'

test('a token has its prefix, at least 160 random bits, and passes its own check', () => {
  const token = newToken('app_key')
  expect(token).toMatch(/^app_key_[0-9A-Za-z]{33}$/)
  expect(27 * Math.log2(62)).toBeGreaterThan(160)
  expect(isToken(token, 'app_key')).toBe(true)
  expect(isToken(token, 'app_kez')).toBe(false)
  expect(isToken(token, 'app')).toBe(false)
})

test('two tokens are never the same', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newToken('app_key'))).size).toBe(1000)
})

test('any one-character typo is refused by the checksum', () => {
  const token = newToken('app_key')
  const alphabet = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-']
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet), (index, character) => {
      fc.pre(token[index] !== character)
      expect(isToken(token.slice(0, index) + character + token.slice(index + 1), 'app_key')).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test('secrets of unequal length compare as different, without an error', () => {
  expect(equalSecrets('short', 'a much longer secret')).toBe(false)
  expect(equalSecrets('', '')).toBe(true)
})

test('a hash says nothing of its token', () => {
  const token = newToken('app_key')
  expect(hashToken(token)).not.toContain(token.slice(8, 20))
})
