import { mkdir } from 'node:fs/promises'
import type { Grant, Report, ReportStep } from '@ikoma/api'
import type { Clock } from '@ikoma/kernel'
import { localHost } from '../host/local-host.ts'
import { orderMarker } from '../host/process-tree.ts'
import type { LogStream } from '../output/log-stream.ts'
import type { Redaction } from '../output/redact.ts'
import { messageOf } from '../protocol/trouble.ts'
import type { ActionContext, ActionResult, RunnerFacts } from './action.ts'
import type { Dispatch } from './dispatch.ts'
import { type Ending, reportOf } from './outcome.ts'
import type { Policy } from './policy.ts'
import { stopOf } from './stop.ts'
import type { Turns } from './turns.ts'

export interface Execution {
  grant: Grant
  dispatch: Dispatch
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
    const { grant, dispatch } = execution
    const leftMs = grant.timeoutSec * 1000 - (performance.now() - begunMs)
    return promptMs + (dispatch.takesBack && stopOf(signal)?.kind === 'canceled' ? Math.max(0, leftMs) : 0)
  }
  // The runner outlives the order: a listener that stayed would keep the whole of it in memory.
  const over = new AbortController()
  const deaf = [deafness(signal, patienceMs, over.signal), deafness(shutdown, () => promptMs, over.signal)]
  const ending = await endingOf(running, signal, Promise.race(deaf))
  over.abort()
  const durationMs = performance.now() - begunMs
  return reportOf(ending, { startedAt, finishedAt: clock.now(), durationMs, steps }, redaction)
}

async function run({ dispatch, turns, signal }: Execution, context: ActionContext): Promise<ActionResult> {
  await mkdir(context.runner.workDir, { recursive: true, mode: 0o700 })
  const { turn } = dispatch
  if (turn === null) return dispatch.run(context)
  if (turns.taken(turn)) context.log(`Waits until no other order changes the same: ${turn}.`)
  return turns.take(turn, signal, () => dispatch.run(context))
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

function contextFor({ grant, runner, policy, logs, signal }: Execution, steps: ReportStep[]): ActionContext {
  const { orderId, attempt, dryRun } = grant
  const marker = orderMarker(orderId, attempt)
  const capture: ActionContext['capture'] = (output, stream) => logs.pump(output, stream)
  const programs = { cwd: runner.workDir, killGraceMs: runner.killGraceMs, marker, capture }
  return {
    runner,
    machine: localHost({ ...programs, signal }),
    machineAfterStop: localHost({ ...programs, signal: neverStops }),
    signal,
    dryRun,
    policy,
    marker,
    log: (text) => logs.line(text),
    capture,
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
