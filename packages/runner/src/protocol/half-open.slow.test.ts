import { describe, expect, it } from 'vitest'
import type { Action } from '../order/action.ts'
import { startHalfOpenProxy } from '../testing/half-open-proxy.ts'
import { setup, until } from '../testing/setup.ts'

/** What is beyond the wait of a claim: its answer's margin, the pause until the next one, and a busy machine. */
const beyondMs = 5_000 + 1_000 + 1_500

describe('a path that forgets its connections without ending them', () => {
  it('lets an idle runner hear of a new order a few seconds after its claim would have been answered', async () => {
    const { plane, start } = await setup()
    const proxy = await startHalfOpenProxy(plane.url)
    const waitSec = 2
    await start({ url: proxy.url, waitSec })
    await until(() => plane.claims.length > 0)
    const forgottenAt = performance.now()
    expect(proxy.forget()).toBeGreaterThan(0)
    const order = plane.place('shell.run', { argv: ['true'] })
    await until(() => order.status === 'SUCCEEDED')
    expect(performance.now() - forgottenAt).toBeLessThan(waitSec * 1_000 + beyondMs)
    expect([order.attempt, order.reports.length]).toEqual([1, 1])
  })

  it('does not hold up a runner that stops', async () => {
    const { plane, start } = await setup()
    const proxy = await startHalfOpenProxy(plane.url)
    plane.interfere = (verb) => (verb === 'heartbeat' ? 'hang' : null)
    const runner = await start({ url: proxy.url, heartbeatSec: 1 })
    await until(() => plane.claims.length > 0)
    proxy.forget()
    const sinceMs = performance.now()
    await runner.stop()
    // Saying that it goes has two seconds.
    expect(performance.now() - sinceMs).toBeLessThan(4_000)
  })

  it('costs a running order neither its lease, nor a line, nor its report', async () => {
    const { plane, start } = await setup()
    const proxy = await startHalfOpenProxy(plane.url)
    plane.runLeaseSec = 8
    const renewedAt: number[] = []
    plane.interfere = (verb) => {
      if (verb === 'renew') renewedAt.push(performance.now())
      return null
    }
    let said = 0
    const stopped = { by: null as unknown }
    const action: Action<'runner.selftest'> = async (_payload, context) => {
      // For longer than a chunk of the log waits for its answer: 15 s.
      for (; said < 100 && !context.signal.aborted; said += 1) {
        context.log(`line ${said}`)
        await new Promise((resolve) => setTimeout(resolve, 190))
      }
      stopped.by = context.signal.reason ?? null
      proxy.forget()
      return { ok: true, summary: 'done', output: {} as never }
    }
    const order = plane.place('runner.selftest')
    await start({ url: proxy.url, waitSec: 2 }, { 'runner.selftest': action })
    await until(() => order.lines.length > 5)
    expect(proxy.forget()).toBeGreaterThan(1)
    await until(() => order.reports.length > 0)
    expect([stopped.by, order.status, order.attempt]).toEqual([null, 'SUCCEEDED', 1])
    const texts = new Set(order.lines.map(({ text }) => text))
    expect(Array.from({ length: said }, (_, index) => `line ${index}`).filter((text) => !texts.has(text))).toEqual([])
    const gaps = renewedAt.slice(1).map((at, index) => at - (renewedAt[index] ?? 0))
    expect(Math.max(...gaps)).toBeLessThan(plane.runLeaseSec * 1_000 * 0.75)
  })
})
