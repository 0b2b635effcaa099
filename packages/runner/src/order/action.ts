import type { Readable } from 'node:stream'
import type { Family, OrderTypeName, OrderTypesOf, OutputOf, PayloadOf, Report } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import type { Policy } from './policy.ts'

type ReportError = NonNullable<Report['errors']>[number]

export type ActionResult<Output = Record<string, unknown>> =
  | { ok: true; summary: string; output: Output }
  | {
      ok: false
      summary: string
      output?: Partial<Output>
      errors: ReportError[]
      /** False when running it again cannot help. */
      retryable?: boolean
    }

/** What an action knows of the machine and the runner it is in. */
export interface RunnerFacts {
  stateDir: string
  /** Where programs run that do not say where. */
  workDir: string
  childEnv: Record<string, string>
  /** What must not be told, whatever prints it. */
  ownEnv?: Readonly<Record<string, string | undefined>>
  killGraceMs: number
  /** Whether this process may change the machine itself. */
  root: boolean
  /** How far the control plane's clock is ahead of this machine's; null when it does not answer. */
  measureClockSkewMs(): Promise<number | null>
}

export interface ActionContext {
  runner: RunnerFacts
  /** The machine, for drivers: its programs end with the order. */
  machine: Host
  /** The same, to take back what was done: its programs run although the order was told to stop. */
  machineAfterStop: Host
  /** Aborts with a Stop as its reason. */
  signal: AbortSignal
  dryRun: boolean
  /** What this server allows, for what only the payload shows. */
  policy: Policy
  /** Value of IKOMA_ORDER for every program of this attempt. */
  marker: string
  log(text: string): void
  /** Carries a program's output into the order's log; gives its redacted tail. */
  capture(output: Readable, stream: 'stdout' | 'stderr'): Promise<string>
  /** Runs a part of the action that the report lists by name. */
  step<T>(name: string, run: () => Promise<T>): Promise<T>
}

/** Does what one order type asks for. What goes wrong on the server is a result; a throw is a failure of ours. */
export type Action<T extends OrderTypeName> = (
  payload: PayloadOf<T>,
  context: ActionContext,
) => Promise<ActionResult<OutputOf<T>>>

export type Actions = { readonly [T in OrderTypeName]: Action<T> }

/** The actions of one family of the catalogue: all of them, and of no other. */
export type FamilyActions<F extends Family> = Pick<Actions, OrderTypesOf<F>>
