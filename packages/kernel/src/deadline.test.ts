import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withDeadline } from './deadline.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const late = () => new Error('too late')

test('work that is done in time comes to what it came to, and leaves no timer behind', async () => {
  expect(await withDeadline(Promise.resolve(7), 1_000, late)).toBe(7)
  await expect(withDeadline(Promise.reject(new Error('its own')), 1_000, late)).rejects.toThrow('its own')
  expect(vi.getTimerCount()).toBe(0)
})

test('work that is not done in time is given up at the millisecond, and not before', async () => {
  const work = Promise.withResolvers<number>()
  let outcome: unknown = 'waits'
  const asked = withDeadline(work.promise, 1_000, late).catch((error: Error) => {
    outcome = error.message
  })
  await vi.advanceTimersByTimeAsync(999)
  expect(outcome).toBe('waits')
  await vi.advanceTimersByTimeAsync(1)
  await asked
  expect(outcome).toBe('too late')
})

test('what fails after it was given up ends no process', async () => {
  const unhandled: unknown[] = []
  const hear = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', hear)
  try {
    const work = Promise.withResolvers<number>()
    const asked = withDeadline(work.promise, 1, late).catch(() => null)
    await vi.advanceTimersByTimeAsync(1)
    await asked
    work.reject(new Error('later'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', hear)
  }
})
