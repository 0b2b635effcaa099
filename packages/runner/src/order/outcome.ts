import type { Report, ReportStep } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { type Redaction, storable } from '../output/redact.ts'
import { mayPass, messageOf } from '../protocol/trouble.ts'
import type { ActionResult } from './action.ts'
import { fitReport } from './fit-report.ts'
import type { Refusal } from './refusal.ts'
import type { Stop } from './stop.ts'

/** Every way in which an attempt can end. */
export type Ending =
  | { kind: 'returned'; result: ActionResult }
  | { kind: 'threw'; error: unknown }
  /** `result`: what the action still had to say. */
  | { kind: 'stopped'; stop: Stop; result: ActionResult | null }
  | { kind: 'refused'; refusal: Refusal }
  /** It may be running for all the control plane knows, but nothing was done. */
  | { kind: 'not_started' }

export interface AttemptCourse {
  /** Epoch milliseconds; null for an attempt whose runner went away. */
  startedAt: number | null
  finishedAt: number
  durationMs: number
  steps: ReportStep[]
}

interface Verdict {
  ok: boolean
  outcome: NonNullable<Report['outcome']>
  summary: string
  errors?: Report['errors']
  output?: Report['output']
  retryable?: boolean | undefined
}

/** The one place where an ending becomes a report, which holds no secret and fits the contract. */
export function reportOf(ending: Ending, course: AttemptCourse, redaction: Redaction): Report {
  const { startedAt, finishedAt, durationMs, steps } = course
  const { ok, outcome, summary, errors, output, retryable } = verdictOf(ending)
  const say = (text: string, length: number) => clip(storable(redaction.text(text)), length)
  return fitReport({
    version: 'v2',
    ok,
    outcome,
    summary: say(summary, 2000),
    ...(startedAt === null ? {} : { startedAt: new Date(startedAt).toISOString() }),
    finishedAt: new Date(finishedAt).toISOString(),
    durationMs: Math.max(0, Math.round(durationMs)),
    steps: steps.slice(0, 200).map(({ name, error, ...step }) => ({
      ...step,
      name: say(name, 200),
      ...(error === undefined ? {} : { error: say(error, 4000) }),
    })),
    ...(errors && {
      errors: errors.slice(0, 50).map(({ code, message, step, ...error }) => ({
        ...error,
        code: say(code, 100),
        message: say(message, 4000),
        ...(step === undefined ? {} : { step: say(step, 200) }),
      })),
    }),
    ...(output && { output: redaction.value(output) }),
    ...(retryable === undefined ? {} : { retryable }),
  })
}

function verdictOf(ending: Ending): Verdict {
  switch (ending.kind) {
    case 'returned':
      return ofResult(ending.result)
    case 'threw':
      return ofError(ending.error)
    case 'stopped':
      return ofStop(ending.stop, ending.result)
    case 'refused':
      return ofRefusal(ending.refusal)
    case 'not_started':
      return failure('failed', 'not_started', 'The start could not be confirmed in time, so nothing was done.')
  }
}

function ofResult(result: ActionResult): Verdict {
  const { ok, summary, output } = result
  if (ok) return { ok, outcome: 'succeeded', summary, output }
  const { errors, retryable } = result
  return {
    ok,
    outcome: 'failed',
    summary,
    errors,
    output,
    retryable,
  }
}

function ofError(error: unknown): Verdict {
  const code = error instanceof AppError ? error.reason : 'action_failed'
  const verdict = failure('failed', code, messageOf(error))
  return mayPass(error) ? verdict : { ...verdict, retryable: false }
}

function ofStop(stop: Stop, result: ActionResult | null): Verdict {
  // It came to its end before the stop reached it: that is the truth, and worth more than the stop.
  if (result?.ok) return ofResult(result)
  const output = result?.output
  switch (stop.kind) {
    case 'timed_out':
      return { ...failure('timed_out', 'timeout', stop.message), output }
    case 'canceled':
      return { ...failure('canceled', 'canceled', stop.message), output }
    case 'lost':
      return { ...failure('interrupted', 'lease_lost', stop.message), output }
    case 'interrupted':
      return { ...failure('interrupted', 'interrupted', stop.message), output }
  }
}

function ofRefusal({ code, message }: Refusal): Verdict {
  // How that attempt ended is not known here any more; only the order's retry class can tell what to do.
  if (code === 'already_executed') return failure('interrupted', code, message)
  return { ...failure('failed', code, message), retryable: false }
}

function failure(outcome: Verdict['outcome'], code: string, message: string): Verdict {
  return { ok: false, outcome, summary: message, errors: [{ code, message }] }
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
