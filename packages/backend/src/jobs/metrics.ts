import { Counter, Histogram, type Registry } from 'prom-client'
import type { Outcome } from './run.ts'

export interface JobMetrics {
  ended(job: string, schedule: string | undefined, outcome: Outcome, seconds: number): void
}

export function jobMetrics(registry: Registry): JobMetrics {
  const runs = new Counter({
    name: 'job_runs_total',
    help: 'Attempts of jobs by how they ended; unexpected: it ended, but not with what its schedule expects.',
    labelNames: ['job', 'schedule', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'job_duration_seconds',
    help: 'How long an attempt took.',
    labelNames: ['job'],
    buckets: [0.01, 0.1, 1, 10, 60, 300],
    registers: [registry],
  })
  return {
    ended(job, schedule = '', outcome, seconds) {
      runs.inc({ job, schedule, outcome })
      durations.observe({ job }, seconds)
    },
  }
}
