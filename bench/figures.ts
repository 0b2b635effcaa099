/** Takes one figure of one round. */
export type Add = (name: string, value: number) => void

/** The figures of all rounds, said as they come. */
export function collectFigures(): { measured: Map<string, number[]>; add: Add } {
  const measured = new Map<string, number[]>()
  const add = (name: string, value: number) => {
    process.stderr.write(`${name} ${value.toFixed(2)}\n`)
    measured.set(name, [...(measured.get(name) ?? []), value])
  }
  return { measured, add }
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0
}

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

export function printMedians(measured: Map<string, number[]>): void {
  for (const [name, values] of measured) {
    const range = `[${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)}]`
    process.stdout.write(`${name.padEnd(32)} ${median(values).toFixed(2).padStart(10)} ${range}\n`)
  }
}
