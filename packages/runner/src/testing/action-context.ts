import type { ActionContext } from '../action.ts'

export interface SeenContext extends ActionContext {
  /** What was logged, and the names of the steps, in order. */
  logged: string[]
  steps: string[]
}

/** A context for an action that is called by itself. */
export function actionContext(more: Partial<ActionContext> = {}): SeenContext {
  const logged: string[] = []
  const steps: string[] = []
  return {
    host: {
      stateDir: '/nowhere',
      workDir: '/nowhere',
      childEnv: {},
      killGraceMs: 500,
      measureClockSkewMs: async () => 0,
    },
    signal: new AbortController().signal,
    dryRun: false,
    marker: `test.${process.pid}`,
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
