import type { Context } from '../command-context.ts'

/** The processes that the command can be, handed in by main: the commands themselves know only the API. Each gives its exit code. */
export interface Processes {
  startUp(options: ServeOptions, context: Context): Promise<number>
  startControlPlane(options: ServeOptions, context: Context): Promise<number>
  enrolRunner(options: EnrolRunnerOptions, context: Context): Promise<number>
  runRunner(options: RunRunnerOptions, context: Context): Promise<number>
  installRunner(options: InstallRunnerOptions, context: Context): Promise<number>
  uninstallRunner(options: UninstallRunnerOptions, context: Context): Promise<number>
  runExecutor(options: RunExecutorOptions, context: Context): Promise<number>
  showPolicy(options: PolicyFileOptions, context: Context): Promise<number>
  checkPolicy(options: PolicyFileOptions, context: Context): Promise<number>
  printPolicySchema(options: object, context: Context): Promise<number>
}

export interface ServeOptions {
  port?: number
}

export interface EnrolRunnerOptions {
  url: string
  token: string
  name?: string
  stateDir?: string
  insecure?: boolean
  newIdentity?: boolean
  /** A file with authorities to believe besides those of the system. */
  ca?: string
}

export interface RunRunnerOptions {
  stateDir?: string
  /** Instead of the address it enrolled with. */
  url?: string
  insecure?: boolean
  /** Instead of the authorities that were kept at enrolment. */
  ca?: string
}

export interface InstallRunnerOptions {
  url?: string
  token?: string
  name?: string
  allow?: string[]
  /** Take away what the policy allows and `allow` does not. */
  yes?: boolean
  dryRun?: boolean
  insecure?: boolean
  newIdentity?: boolean
  ca?: string
  /** Off with `--no-wait`: not until the runner is online. */
  wait?: boolean
}

export interface UninstallRunnerOptions {
  purge?: boolean
  dryRun?: boolean
}

export interface PolicyFileOptions {
  /** Instead of that of this machine. */
  file?: string
}

export interface RunExecutorOptions {
  peer: string
}
