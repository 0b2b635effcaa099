/** What a round may use. */
export interface Bench {
  /** Of a PostgreSQL server with durable settings, without a database's name. */
  postgresUrl: string
  /** For what a round leaves on disk; its owner removes it. */
  folder: string
  adminKey: string
  /** About how long each figure of throughput is measured. */
  seconds: number
  /** How long the idle product is watched. */
  idleSeconds: number
  /** How many latencies are taken. */
  samples: number
  full: boolean
}

/** Takes one figure of one round. */
export type Add = (name: string, value: number) => void

/** What takes so long to prepare that it has rounds of its own, after all others. */
export interface ScenarioAtScale {
  name: string
  /** Not in the quick mode, unless it is asked for. */
  fullOnly: boolean
  measure(bench: Bench, add: Add): Promise<void>
}

/** One thing to measure. A round starts from nothing, so that rounds of different scenarios can be interleaved. */
export interface Scenario {
  name: string
  /** Figures by name; none when this machine lacks what is needed, which is said on stderr. */
  measure(round: number, bench: Bench): Promise<Record<string, number>>
}
