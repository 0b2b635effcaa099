import { expect, test } from 'vitest'
import { BoundedCache } from './bounded-cache.ts'

test('what was being read while everything was forgotten is not remembered', async () => {
  const cache = new BoundedCache<string>(10, 1_000)
  let answer = (_: string) => {}
  const reading = cache.get('a', 0, () => new Promise((resolve) => (answer = resolve)))
  cache.clear()
  answer('from before')
  expect(await reading).toBe('from before')
  expect(await cache.get('a', 0, async () => 'from after')).toBe('from after')
})

test('nothing found is asked for again, and pushes out nothing', async () => {
  const cache = new BoundedCache<string>(1, 1_000)
  await cache.get('a', 0, async () => 'kept')
  expect(await cache.get('b', 0, async () => null)).toBeNull()
  expect(await cache.get('b', 0, async () => null)).toBeNull()
  expect(cache.peek('a', 0)).toBe('kept')
})
