import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'

export interface RunRunnerOptions {
  stateDir?: string
  /** Instead of the address it enrolled with. */
  url?: string
}

export function runRunnerCommand(cli: Cli): Command {
  return cli
    .command('runner run')
    .option('--state-dir <folder>', cli.t.options.stateDir)
    .action(cli.local(cli.compose.runRunner))
}
