/** Calls `work` again and again, never twice at once, until stopped; `work` answers how long to wait. */
export function startTicker(work: () => Promise<number>, firstAfterMs: number): { stop(): Promise<void> } {
  let stopped = false
  let timer: NodeJS.Timeout
  let running: Promise<void> = Promise.resolve()
  const schedule = (waitMs: number) => {
    timer = setTimeout(() => {
      running = work().then((nextMs) => {
        if (!stopped) schedule(nextMs)
      })
    }, waitMs)
  }
  schedule(firstAfterMs)
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
