import { mkdir } from 'node:fs/promises'
import type { Report, ReportStep } from '@ikoma/api'
import type { Clock } from '@ikoma/kernel'
import { localHost } from '../host/local-host.ts'
import { orderMarker } from '../host/process-tree.ts'
import type { LogStream } from '../output/log-stream.ts'
import type { Redaction } from '../output/redact.ts'
import { messageOf } from '../protocol/trouble.ts'
import type { ActionContext, ActionResult, RunnerFacts } from './action.ts'
import type { Admission } from './admit.ts'
import { type Ending, reportOf } from './outcome.ts'
import type { Policy } from './policy.ts'
import { stopOf } from './stop.ts'
import type { Turns } from './turns.ts'

export interface Execution {
  admission: Admission
  turns: Turns
  runner: RunnerFacts
  policy: Policy
  logs: LogStream
  redaction: Redaction
  clock: Clock
  signal: AbortSignal
  /** Aborts when the runner must end, whatever stopped the order before. */
  shutdown: AbortSignal
}

/** How long an action may take to obey a stop, beyond what its programs get to end. */
const obeyMs = 5_000

/** Runs an admitted action to its end or until it must stop. Never rejects. */
export async function execute(execution: Execution): Promise<Report> {
  const { runner, redaction, clock, signal, shutdown } = execution
  const steps: ReportStep[] = []
  const startedAt = clock.now()
  const begunMs = performance.now()
  const running = signal.aborted ? null : run(execution, contextFor(execution, steps))
  const promptMs = runner.killGraceMs + obeyMs
  const patienceMs = () => {
    const { takesBack, grant } = execution.admission
    const leftMs = grant.timeoutSec * 1000 - (performance.now() - begunMs)
    return promptMs + (takesBack && stopOf(signal)?.kind === 'canceled' ? Math.max(0, leftMs) : 0)
  }
  // The runner outlives the order: a listener that stayed would keep the whole of it in memory.
  const over = new AbortController()
  const deaf = [deafness(signal, patienceMs, over.signal), deafness(shutdown, () => promptMs, over.signal)]
  const ending = await endingOf(running, signal, Promise.race(deaf))
  over.abort()
  const durationMs = performance.now() - begunMs
  return reportOf(ending, { startedAt, finishedAt: clock.now(), durationMs, steps }, redaction)
}

async function run({ admission, turns, signal }: Execution, context: ActionContext): Promise<ActionResult> {
  await mkdir(context.runner.workDir, { recursive: true, mode: 0o700 })
  const { turn } = admission
  if (turn === null) return admission.run(context)
  if (turns.taken(turn)) context.log(`Waits until no other order changes the same: ${turn}.`)
  return turns.take(turn, signal, () => admission.run(context))
}

async function endingOf(
  running: Promise<ActionResult> | null,
  signal: AbortSignal,
  deaf: Promise<null>,
): Promise<Ending> {
  const settled = running?.then(
    (result): Ending => ({ kind: 'returned', result }),
    (error): Ending => ({ kind: 'threw', error }),
  )
  const ending = settled ? await Promise.race([settled, deaf]) : null
  const stop = stopOf(signal)
  if (stop) return { kind: 'stopped', stop, result: ending?.kind === 'returned' ? ending.result : null }
  return ending ?? { kind: 'threw', error: new Error('The action never ended.') }
}

/** Resolves when an action was told to stop and has not for `patienceMs`: its report must not wait for ever. Until `over`. */
export function deafness(signal: AbortSignal, patienceMs: () => number, over?: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    const listening = { once: true, ...(over && { signal: over }) }
    signal.addEventListener('abort', () => setTimeout(resolve, patienceMs(), null).unref(), listening)
  })
}

const neverStops = new AbortController().signal

function contextFor({ admission, runner, policy, logs, signal }: Execution, steps: ReportStep[]): ActionContext {
  const { orderId, attempt, dryRun } = admission.grant
  const marker = orderMarker(orderId, attempt)
  const programs = { cwd: runner.workDir, killGraceMs: runner.killGraceMs, marker }
  return {
    runner,
    machine: localHost({ ...programs, signal }),
    machineAfterStop: localHost({ ...programs, signal: neverStops }),
    signal,
    dryRun,
    policy,
    marker,
    log: (text) => logs.line(text),
    capture: (output, stream) => logs.pump(output, stream),
    async step(name, work) {
      const begunMs = performance.now()
      const durationMs = () => Math.round(performance.now() - begunMs)
      try {
        const result = await work()
        steps.push({ name, status: 'SUCCESS', durationMs: durationMs() })
        return result
      } catch (error) {
        steps.push({ name, status: 'FAILED', durationMs: durationMs(), error: messageOf(error) })
        throw error
      }
    },
  }
}
