/** One named number, measured over several rounds. */
export interface Figure {
  name: string
  unit: string
  median: number
  min: number
  max: number
  rounds: number[]
  /** When the figure is of an earlier run than its file. */
  run?: Run
}

export interface Machine {
  cpus: number
  model: string | undefined
  memoryBytes: number
  node: string
}

export interface Run {
  commit: string
  at: string
  mode: 'quick' | 'full'
  /** Load averages over 1, 5 and 15 minutes, before and after: ours are in the latter. */
  load: { before: number[]; after: number[] }
}

export interface Results extends Run {
  machine: Machine
  figures: Figure[]
}

/** Collects what the rounds measured. */
export class Figures {
  readonly #rounds = new Map<string, number[]>()

  add(measured: Record<string, number>): void {
    for (const [name, value] of Object.entries(measured)) {
      process.stderr.write(`${name} ${value.toFixed(2)} ${unitOf(name)}\n`)
      this.#rounds.set(name, [...(this.#rounds.get(name) ?? []), value])
    }
  }

  all(): Figure[] {
    return [...this.#rounds].map(([name, rounds]) => {
      const sorted = [...rounds].sort((a, b) => a - b)
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0
      return { name, unit: unitOf(name), median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, rounds }
    })
  }
}

/** The value under which `percent` of the values lie. */
export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length * percent) / 100)] ?? 0
}

const units: [pattern: RegExp, unit: string][] = [
  [/\.ratio$/, 'x'],
  [/^(start|latency|backlog|history)\.|\.latency\./, 'ms'],
  [/\.([rp]ss|idleRss)$/, 'MB'],
  [/\.(cpu|idleCpu)$/, '% of a core'],
  [/\.(park|stop|repoll)$/, 's'],
  [/\.lostOrders$/, 'orders'],
  [/\.falselyLost$/, 'orders or runners'],
  [/^peer\.(?!pgboss\.http)/, 'jobs/s'],
  [/^store\./, 'claim+complete/s'],
  [/^bookings\./, 'bookings/s'],
]

function unitOf(name: string): string {
  return units.find(([pattern]) => pattern.test(name))?.[1] ?? 'orders/s'
}
