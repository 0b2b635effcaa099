/** What is being done, for whoever watches minutes go by. */
export function tell(text: string): void {
  process.stderr.write(`vps: ${text}\n`)
}

/** Tells it with the time that it took. */
export async function telling<T>(text: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now()
  const seconds = () => ((performance.now() - since) / 1000).toFixed(1)
  try {
    const result = await work()
    tell(`${text} (${seconds()} s)`)
    return result
  } catch (error) {
    tell(`${text}: FAILED after ${seconds()} s`)
    throw error
  }
}
