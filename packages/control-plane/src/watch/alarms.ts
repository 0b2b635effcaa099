import type { Log } from '@ikoma/kernel/node'
import { Gauge, type Registry } from 'prom-client'

/** Every condition that needs a person, and what the log says of each case of it. */
export const alarms = {
  archive_failed: 'the archive cannot be written: old orders are kept until it can',
  audit_rewritten:
    'the audit is not what it was: entries were rewritten or removed, or an older state of the database was put back. Run: ikoma audit verify',
  clock_jumped:
    'the clock of the control plane jumped: nothing is deleted until it is back, or somebody says that it is right (ikoma control-plane accept-clock)',
  mass_silence: 'many runners went silent at once: no lease is revoked; look at the network first',
  order_silent:
    'the runner of an order that is done once is silent: it may still be running, and keeps its resource key. Look at its server; a verdict ends it: ikoma order settle',
  runner_cloned: 'two machines speak as one runner: both get no orders until one of them is gone',
  schedule_overdue: 'a schedule is overdue',
  seal_broken: 'the seal of a row is broken: it was changed in the database, and is refused; orders are withdrawn',
  secret_unopened: 'a secret could not be given to its order: it was changed in the database, or its key is missing',
} as const

export type AlarmName = keyof typeof alarms

/** Tells the log and the metric `ikoma_alarm`, which nobody else sets. */
export class Alarms {
  readonly #log: Log
  readonly #gauge: Gauge<'alarm'>

  constructor({ log, registry }: { log: Log; registry: Registry }) {
    this.#log = log
    this.#gauge = new Gauge({
      name: 'ikoma_alarm',
      help: '1 while a condition needs a person',
      labelNames: ['alarm'],
      registers: [registry],
    })
  }

  /** Says each case that there is of the condition by what helps to find it; the metric counts them. None clears it. */
  raise(alarm: AlarmName, ...cases: object[]): void {
    for (const each of cases) this.#log.error(each, alarms[alarm])
    this.#gauge.set({ alarm }, cases.length)
  }

  clear(alarm: AlarmName): void {
    this.raise(alarm)
  }
}
