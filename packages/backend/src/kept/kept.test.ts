import { expect, test } from 'vitest'
import { keptForMs, LocalKept, maxKeptLength } from './kept.ts'

function setup() {
  const clock = { at: 0, now: () => clock.at }
  return { clock, kept: new LocalKept(clock) }
}

test('an answer is kept for five minutes, and the last one of its name', async () => {
  const { clock, kept } = setup()
  await kept.set('a', 'one')
  await kept.set('a', 'two')
  clock.at = keptForMs - 1
  expect(await kept.get('a')).toBe('two')
  clock.at = keptForMs
  expect([await kept.get('a'), await kept.get('b')]).toEqual([null, null])
})

test('what is too long is not kept, nor what was there before it', async () => {
  const { kept } = setup()
  await kept.set('a', 'short')
  await kept.set('a', 'x'.repeat(maxKeptLength + 1))
  expect(await kept.get('a')).toBeNull()
})

test('however many are kept, the oldest go before memory does', async () => {
  const { kept } = setup()
  const long = 'x'.repeat(maxKeptLength)
  for (let n = 0; n < 70; n += 1) await kept.set(`a${n}`, long)
  const held = await Promise.all(Array.from({ length: 70 }, (_, n) => kept.get(`a${n}`)))
  expect(held.map((answer) => answer !== null)).toEqual(Array.from({ length: 70 }, (_, n) => n >= 7))
})
