import { localHost } from '../host/local-host.ts'
import type { ActionContext } from '../order/action.ts'
import { policyOf } from '../order/policy.ts'

export interface SeenContext extends ActionContext {
  /** What was logged, and the names of the steps, in order. */
  logged: string[]
  steps: string[]
}

/** A context for an action that is called by itself. */
export function actionContext(more: Partial<ActionContext> = {}): SeenContext {
  const logged: string[] = []
  const steps: string[] = []
  const { signal = new AbortController().signal } = more
  const never = new AbortController().signal
  const marker = `test.${process.pid}.${Math.random()}`
  return {
    runner: {
      stateDir: '/nowhere',
      workDir: '/nowhere',
      childEnv: {},
      killGraceMs: 500,
      root: false,
      measureClockSkewMs: async () => 0,
    },
    machine: localHost({ cwd: '/', marker, signal, killGraceMs: 500 }),
    machineAfterStop: more.machine ?? localHost({ cwd: '/', marker, signal: never, killGraceMs: 500 }),
    signal,
    dryRun: false,
    policy: policyOf({}),
    marker,
    log: (text) => void logged.push(text),
    capture: async () => '',
    async step(name, run) {
      steps.push(name)
      return run()
    },
    ...more,
    logged,
    steps,
  }
}
