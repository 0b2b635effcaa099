import type { Monotonic } from '../protocol/monotonic.ts'

/** Time that passes only when the test lets it, and then at once. */
export function testTime() {
  let now = 0
  let timers: { at: number; wake: () => void }[] = []
  const time: Monotonic = {
    nowMs: () => now,
    after(ms, wake) {
      const timer = { at: now + ms, wake }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },
  }
  // Everything that can go on without time passing does: promises, and what they wake.
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  async function pass(ms: number): Promise<void> {
    const end = now + ms
    await settle()
    for (;;) {
      const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      now = Math.max(now, next.at)
      timers = timers.filter((each) => each !== next)
      next.wake()
      await settle()
    }
    now = end
  }
  const wait = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve))
  return { time, pass, wait }
}
