import { getEventListeners } from 'node:events'
import { systemClock } from '@ikoma/kernel'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LogStream } from '../output/log-stream.ts'
import { Redaction } from '../output/redact.ts'
import { actionContext } from '../testing/action-context.ts'
import { temporaryDirectory } from '../testing/setup.ts'
import type { ActionResult } from './action.ts'
import { execute } from './execute.ts'
import type { Stop } from './stop.ts'
import { Turns } from './turns.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const takenBack: ActionResult = { ok: false, summary: '', output: { left: 0 }, errors: [] }

interface Stopping {
  takesBack: boolean
  stop: Stop['kind']
  backMs: number
  /** The runner must end too, a second later. */
  ends?: boolean
}

/** An action that needs `backMs` to take back what it did, stopped after a second of the 60 that it has. */
async function stopped({ takesBack, stop, backMs, ends = false }: Stopping) {
  const { runner, policy } = actionContext()
  const halt = new AbortController()
  const shutdown = new AbortController()
  const begun = Promise.withResolvers<void>()
  const run = () =>
    new Promise<ActionResult>((resolve) => {
      begun.resolve()
      halt.signal.addEventListener('abort', () => setTimeout(resolve, backMs, takenBack))
    })
  const grant = { orderId: 'an-order', attempt: 1, dryRun: false, timeoutSec: 60 }
  const report = execute({
    grant: grant as never,
    dispatch: { turn: null, takesBack, run },
    turns: new Turns(),
    runner: { ...runner, workDir: await temporaryDirectory() },
    policy,
    logs: {} as LogStream,
    redaction: new Redaction([]),
    clock: systemClock,
    signal: halt.signal,
    shutdown: shutdown.signal,
  })
  await begun.promise
  await vi.advanceTimersByTimeAsync(1_000)
  halt.abort({ kind: stop, message: '' })
  await vi.advanceTimersByTimeAsync(1_000)
  if (ends) shutdown.abort()
  await vi.advanceTimersByTimeAsync(120_000)
  const told = await report
  expect(getEventListeners(shutdown.signal, 'abort')).toEqual([])
  return told
}

test('a canceled order is told when it has taken back what it did, however long that takes', async () => {
  const { outcome, output } = await stopped({ takesBack: true, stop: 'canceled', backMs: 55_000 })
  expect([outcome, output]).toEqual(['canceled', { left: 0 }])
})

test.each([
  ['has no more time', { takesBack: true, stop: 'canceled', backMs: 70_000 }],
  ['ran out of its time', { takesBack: true, stop: 'timed_out', backMs: 20_000 }],
  ['is in the way of a runner that ends', { takesBack: true, stop: 'canceled', backMs: 20_000, ends: true }],
  ['has nothing to take back', { takesBack: false, stop: 'canceled', backMs: 20_000 }],
] as const)('a stopped order that %s is told without waiting for the end', async (_what, how) => {
  expect((await stopped(how)).output).toBeUndefined()
})
