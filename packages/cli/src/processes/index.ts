import type { Compose } from '../compose.ts'

/** The processes that the command can be. Each is loaded only when it is asked for: a runner carries no server. */
export const processes: Compose = {
  startUp: async (options, context) => (await import('./up.ts')).up(options, context),
  startServer: async (options, context) => (await import('./up.ts')).serve(options, context),
  enrolRunner: async (options, context) => (await import('./run-runner.ts')).enrol(options, context),
  runRunner: async (options, context) => (await import('./run-runner.ts')).runRunner(options, context),
}
