import type { Context } from '../cli.ts'
import type { RunExecutorOptions } from '../commands/executor.ts'
import type { EnrolRunnerOptions } from '../commands/runner/enrol.ts'
import type { InstallRunnerOptions } from '../commands/runner/install.ts'
import type { RunRunnerOptions } from '../commands/runner/run.ts'
import type { UninstallRunnerOptions } from '../commands/runner/uninstall.ts'
import type { ServerOptions } from '../commands/serve.ts'
import type { UpOptions } from '../commands/up.ts'

/** The processes that the command can be, handed in by main: the commands themselves know only the API. Each gives its exit code. */
export interface Compose {
  startUp(options: UpOptions, context: Context): Promise<number>
  startServer(options: ServerOptions, context: Context): Promise<number>
  enrolRunner(options: EnrolRunnerOptions, context: Context): Promise<number>
  runRunner(options: RunRunnerOptions, context: Context): Promise<number>
  installRunner(options: InstallRunnerOptions, context: Context): Promise<number>
  uninstallRunner(options: UninstallRunnerOptions, context: Context): Promise<number>
  runExecutor(options: RunExecutorOptions, context: Context): Promise<number>
}
