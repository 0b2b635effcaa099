import { ApiError, UnreachableError } from '@ikoma/api'
import { expect, test } from 'vitest'
import { PathLimit } from './path-limit.ts'

function refusal(status: number, reason = 'unknown'): ApiError {
  return new ApiError(status, { type: '', title: '', status, detail: 'no', reason, requestId: '' })
}

test.each([408, 502, 504, 524])('a proxy that gives up with %s after 15 s shortens what is waited for', (status) => {
  const limit = new PathLimit()
  expect(limit.waitSec(25)).toBe(25)
  expect(limit.isCut(refusal(status), { waitSec: 25, tookMs: 15_020 })).toBe(true)
  expect(limit.waitSec(25)).toBe(12)
  expect(limit.waitSec(5)).toBe(5)
})

test('an outage is none: at once, of the control plane itself, or after it should have answered', () => {
  const limit = new PathLimit()
  expect(limit.isCut(refusal(504), { waitSec: 25, tookMs: 20 })).toBe(false)
  expect(limit.isCut(refusal(503, 'store_failed'), { waitSec: 25, tookMs: 15_000 })).toBe(false)
  expect(limit.isCut(refusal(504), { waitSec: 12, tookMs: 15_000 })).toBe(false)
  expect(limit.isCut(new Error('what'), { waitSec: 25, tookMs: 15_000 })).toBe(false)
  expect(limit.waitSec(25)).toBe(25)
})

test('a connection that ends is a limit when the next one ends as old, and no answer came between', () => {
  const ended = new UnreachableError('http://x', null)
  let nowMs = 0
  const limit = new PathLimit(() => nowMs)
  const cutAfter = (tookMs: number, laterMs = tookMs) => {
    nowMs += laterMs
    return limit.isCut(ended, { waitSec: 25, tookMs })
  }
  expect(cutAfter(9_000)).toBe(false)
  expect(cutAfter(20_000)).toBe(false)
  limit.answered()
  expect(cutAfter(20_000)).toBe(false)
  expect(cutAfter(20_300, 200), 'both were under way when what is in between went away').toBe(false)
  expect(cutAfter(20_300)).toBe(true)
  expect(limit.waitSec(25)).toBe(16)
})

test('what was learned is tried again after an hour', () => {
  let nowMs = 0
  const limit = new PathLimit(() => nowMs)
  limit.isCut(refusal(504), { waitSec: 25, tookMs: 15_000 })
  nowMs = 3_600_000
  expect(limit.limitSec).toBe(12)
  nowMs += 1
  expect(limit.limitSec).toBeNull()
})

test('a connection that is forgotten while others are answered is no outage, and a limit the second time in a row', () => {
  let nowMs = 100_000
  const limit = new PathLimit(() => nowMs)
  const silent = new UnreachableError('http://x', null)
  const asked = { waitSec: 25, tookMs: 30_000 }
  expect(limit.isForgotten(silent, asked), 'nothing was heard').toBe(false)
  limit.heard()
  nowMs += 30_001
  expect(limit.isForgotten(silent, asked), 'it was heard before').toBe(false)
  limit.heard()
  expect(limit.isForgotten(refusal(504), asked), 'it was answered').toBe(false)
  expect(limit.isForgotten(silent, { waitSec: 25, tookMs: 20_000 }), 'it ended sooner').toBe(false)
  expect(limit.isForgotten(silent, asked)).toBe(true)
  expect(limit.isForgotten(silent, asked), 'another one that waited at the same time').toBe(true)
  expect(limit.waitSec(25)).toBe(25)
  nowMs += 30_000
  limit.heard()
  limit.answered()
  expect(limit.isForgotten(silent, asked)).toBe(true)
  expect(limit.waitSec(25), 'an answer came between').toBe(25)
  nowMs += 30_000
  limit.heard()
  expect(limit.isForgotten(silent, asked)).toBe(true)
  expect(limit.waitSec(25)).toBe(12)
})
