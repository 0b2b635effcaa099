import { nonceLifeMs } from '@ikoma/api'
import { expect, test } from 'vitest'
import { SeenProofs } from './seen-proofs.ts'

const noon = Date.UTC(2026, 0, 15, 12)
const signature = (n: number) => String(n).padStart(86, 'A').split('').reverse().join('')

test('a proof is taken once by each runner, in whatever way its end is spelled', () => {
  const seen = new SeenProofs()
  const text = signature(1)
  expect([seen.take('a', text, noon), seen.take('a', text, noon), seen.take('b', text, noon)]).toEqual([
    true,
    false,
    true,
  ])
  expect(seen.take('a', `${text.slice(0, -1)}B`, noon)).toBe(false)
})

test('of more than are kept the oldest is forgotten, and what is as old as it is not taken any more', () => {
  const seen = new SeenProofs()
  for (let n = 0; n <= 1_000; n += 1) expect(seen.take('a', signature(n), noon + n)).toBe(true)
  expect(seen.take('a', signature(0), noon), 'the one that was forgotten').toBe(false)
  expect(seen.take('a', signature(5_000), noon), 'one that was signed with the same nonce').toBe(false)
  expect(seen.take('a', signature(5_000), noon + 1)).toBe(true)
})

test('a runner is forgotten once nothing of it could be taken again, and not before', () => {
  const seen = new SeenProofs()
  seen.take('a', signature(1), noon)
  seen.sweep(noon + 2 * nonceLifeMs)
  expect(seen.take('a', signature(1), noon)).toBe(false)
  seen.sweep(noon + 2 * nonceLifeMs + 1)
  expect(seen.take('a', signature(1), noon)).toBe(true)
})
