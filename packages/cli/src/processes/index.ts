import type { Processes } from './processes.ts'

/** The processes that the command can be. Each is loaded only when it is asked for: a runner carries no server. */
export const processes: Processes = {
  startUp: async (options, context) => (await import('./up.ts')).up(options, context),
  startControlPlane: async (options, context) => (await import('./up.ts')).serve(options, context),
  enrolRunner: async (options, context) => (await import('./run-runner.ts')).enrol(options, context),
  installRunner: async (options, context) => (await import('./install-runner.ts')).install(options, context),
  uninstallRunner: async (options, context) => (await import('./install-runner.ts')).uninstall(options, context),
  runExecutor: async (options, context) => (await import('./run-executor.ts')).executor(options, context),
  showPolicy: async (options, context) => (await import('./policy.ts')).show(options, context),
  checkPolicy: async (options, context) => (await import('./policy.ts')).check(options, context),
  printPolicySchema: async (options, context) => (await import('./policy.ts')).printSchema(options, context),
  runRunner: async (options, context) => (await import('./run-runner.ts')).runRunner(options, context),
}
