import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullJitterMs } from './backoff.ts'

test('a delay lies between zero and the doubled base, never above the cap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const delay = fullJitterMs({ baseMs: 100, capMs: 5_000 }, attempt, random)
        expect(delay).toBeGreaterThanOrEqual(0)
        expect(delay).toBeLessThanOrEqual(Math.min(5_000, 100 * 2 ** (attempt - 1)))
      },
    ),
  )
})
