import { setTimeout as sleep } from 'node:timers/promises'

/** Looks again and again until there is an answer; rejects with `what` was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  withinMs = 20_000,
): Promise<T> {
  const late = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== false) return found
    if (performance.now() > late) throw new Error(`Waited ${withinMs} ms in vain: ${what}`)
    await sleep(40)
  }
}
