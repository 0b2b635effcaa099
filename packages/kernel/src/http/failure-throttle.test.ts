import { expect, test } from 'vitest'
import { FailureThrottle } from './failure-throttle.ts'

test('refuses a key after its limit until the window ends, and no other key', () => {
  const throttle = new FailureThrottle({ limit: 3, windowMs: 60_000, maxKeys: 10 })
  for (let n = 0; n < 3; n += 1) {
    expect(throttle.waitSec('a', 1_000)).toBe(0)
    throttle.fail('a', 1_000)
  }
  expect(throttle.waitSec('a', 1_000)).toBe(60)
  expect(throttle.waitSec('b', 1_000)).toBe(0)
  expect(throttle.waitSec('a', 61_000)).toBe(0)
})

test('remembers a bounded number of keys', () => {
  const throttle = new FailureThrottle({ limit: 1, windowMs: 60_000, maxKeys: 2 })
  for (const key of ['a', 'b', 'c']) throttle.fail(key, 0)
  expect(['a', 'b', 'c'].map((key) => throttle.waitSec(key, 0))).toEqual([0, 60, 60])
})
