import { expect, test } from 'vitest'
import { Restarts } from './restarts.ts'

const bound = { most: 4, withinMs: 60_000, firstMs: 100, longestMs: 500 }

test('each end within a minute doubles the wait, up to the longest, and one too many is the last', () => {
  const restarts = new Restarts(bound)
  expect([0, 10, 20, 30, 40].map((at) => restarts.next(at))).toEqual([100, 200, 400, 500, null])
})

test('what ended a minute ago is forgotten', () => {
  const restarts = new Restarts(bound)
  for (const at of [0, 10, 20, 30]) restarts.next(at)
  expect(restarts.next(60_010)).toBe(400)
  expect(restarts.next(200_000)).toBe(100)
})
