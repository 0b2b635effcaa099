import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from './secret.ts'

test('a secret is shown to who asks for it, and to nobody else', () => {
  const secret = new Secret('q8Zr2mWv7tLx')
  const shown = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect({ secret }, { showHidden: true })]
  expect(shown.filter((text) => text.includes('q8Zr'))).toEqual([])
  expect(Object.values({ ...secret })).toEqual([])
  expect(secret.reveal()).toBe('q8Zr2mWv7tLx')
})
