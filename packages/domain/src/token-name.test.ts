import { expect, test } from 'vitest'
import { findSharedName, isReservedTokenName, tokenNamePattern } from './token-name.ts'

test.each([
  ['ci', 'CI'],
  ['ci', ' ci '],
  ['ci bot', 'ci  bot'],
  ['ci bot', 'ci_bot'],
  ['clé', 'cle'],
  ['clé', 'cle\u0301'],
  ['alice', 'a1ice'],
  ['alice', 'aIice'],
  ['bob', 'b0b'],
  ['ci', 'cı'],
  ['ci', 'ｃｉ'],
  ['ci', 'c\u200bi'],
  ['søren', 'soren'],
])('%j could be taken for %j', (held, asked) => {
  expect(findSharedName(['another', held], asked)).toBe(held)
})

test.each([
  ['ci', 'cd'],
  ['web-1', 'web-2'],
  ['alice', 'alicia'],
  ['deploy', 'deploy 2'],
])('%j and %j are two', (held, asked) => {
  expect(findSharedName([held], asked)).toBeNull()
})

test.each(['ci', 'Clé de déploiement', 'ann@example.org', "l'astreinte", 'CI (staging)'])('%j is a name', (name) => {
  expect(tokenNamePattern.test(name)).toBe(true)
})

test.each(['', '...', 'сi', 'ci\u200b', 'ci\u202e', 'ci\n', 'a:b', 'c\ti', 'ci\u00ad', '名', 'ci\u0000'])(
  '%j is none',
  (name) => {
    expect(tokenNamePattern.test(name)).toBe(false)
  },
)

test.each(['admin-key', 'Admin Key', 'ADMIN_KEY', 'adm1n-key', 'control-plane', 'anonymous', ' anonymous.'])(
  '%j is an actor that is no token',
  (name) => {
    expect(isReservedTokenName(name)).toBe(true)
  },
)
