import { expect, test } from 'vitest'
import { plainPartOf } from './open-secrets.ts'

test('what a payload says itself leaves out the names of secrets, and has as text what says it is plain', () => {
  const more = { secret: 'api', of: 'more' }
  const payload = {
    a: { secret: 'api' },
    b: { plain: 'x' },
    c: more,
    d: [{ plain: 'y' }],
    e: null,
    f: 5,
    g: { h: 'z' },
  }
  expect(plainPartOf(payload)).toEqual({ a: null, b: 'x', c: more, d: ['y'], e: null, f: 5, g: { h: 'z' } })
})
