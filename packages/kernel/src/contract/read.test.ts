import { describe, expect, test } from 'vitest'
import { AppError } from '../errors.ts'
import { readContract } from './index.ts'
import { patternFault, patternWays } from './pattern.ts'
import { marketplace } from './testing/marketplace.ts'

const about = { en: 'x', fr: 'x' }
const refusal = (value: unknown): string => {
  try {
    readContract(value)
    return 'read'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return (error.fields ?? []).map(({ field, message }) => `${field}: ${message}`).join('\n')
  }
}
const withVariable = (more: object) => ({ variables: { ONE: { about, ...more } } })

test('a whole contract is read', () => {
  expect(refusal(marketplace)).toBe('read')
})

describe('is refused, with its place', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'contract: '],
    ['a list', [], 'contract: '],
    ['an unknown key', { ...marketplace, more: 1 }, 'contract: Unrecognized key: "more"'],
    ['a slip in a key', withVariable({ requird: true }), 'variables/ONE: Unrecognized key: "requird"'],
    ['a format that is none', withVariable({ format: 'uri' }), 'variables/ONE/format: '],
    ['no words', { variables: { ONE: {} } }, 'variables/ONE/about: '],
    [
      'words of two lines',
      withVariable({ about: { en: 'x\nEVIL=1', fr: 'x' } }),
      'variables/ONE/about/en: must be one',
    ],
    ['a name of no variable', { variables: { 'a b': { about } } }, 'variables/a b: '],
    [
      'an environment of nobody',
      withVariable({ required: ['prodution'] }),
      'variables/ONE/required: names the environ',
    ],
    ['the same in a constant', withVariable({ constant: { prod: 'x' } }), 'variables/ONE/constant: names the environ'],
    [
      'a condition on nobody',
      withVariable({ required: { when: { TWO: 'x' } } }),
      'variables/ONE/required/when: names TWO',
    ],
    [
      'a default that is refused',
      withVariable({ format: 'port', default: 'http' }),
      'variables/ONE/default: is refused',
    ],
    [
      'a default of a secret',
      withVariable({ secret: true, default: 'x' }),
      'variables/ONE/default: must not stand for',
    ],
    ['a constant of a secret', withVariable({ secret: true, constant: 'x' }), 'variables/ONE/constant: must not be'],
    ['a min of a text', withVariable({ min: 1 }), 'variables/ONE/format: must be a number'],
    ['bounds that leave nothing', withVariable({ minLength: 9, maxLength: 8 }), 'variables/ONE/minLength: must not be'],
    ['a choice of nobody', { variables: {}, eitherOr: [{ anyOf: [['ONE']] }] }, 'eitherOr/0/anyOf: names ONE'],
    ['a choice nobody makes', { variables: {}, eitherOr: [{ anyOf: { a: [] } }] }, 'eitherOr/0/by: must name the'],
    ['a pattern that is none', withVariable({ pattern: '(' }), 'variables/ONE/pattern: must be a regular'],
    ['a pattern without end', withVariable({ pattern: '(a+)+' }), 'variables/ONE/pattern: could be tried'],
  ])('%s', (_, value, says) => {
    expect(refusal(value)).toContain(says)
  })

  test('and never by a value that stands there', () => {
    const said = refusal(withVariable({ secret: true, default: 'hunter2hunter2', format: 'port' }))
    expect(said).not.toContain('hunter2')
  })
})

describe('a pattern', () => {
  test.each(['[a-z]+', '^sk_(?:live|test)_[A-Za-z0-9]{16,120}$', '\\d{4}-\\d{2}', '[^\\]]*x', '(?:ab){3}', '\\$'])(
    '%s is read',
    (source) => {
      expect(patternFault(source)).toBeNull()
    },
  )

  test.each([
    ...['(a+)+', '(a|a)*', '(a?){30}a{30}', '(?:a|b)+', '((a+))*', 'a*a*a*a*', 'a?'.repeat(30), '(a|a)'.repeat(30)],
    ...['(?=a)a', '(?<!a)b', '(?<n>a)\\k<n>', '(a)\\1', '\\bx', 'a{1,2000}', '[', '{', '(?i:a)'],
  ])('%s is not', (source) => {
    expect(patternFault(source)).not.toBeNull()
  })

  test('that is read takes no more steps than it says', () => {
    for (const source of ['[a-z]+x[a-z]+y', 'a{1,80}a{1,80}a{1,80}b', '(?:a|b)(?:a|b)(?:a|b)c']) {
      expect(patternWays(source)).toBeLessThanOrEqual(2 ** 22)
    }
  })
})
