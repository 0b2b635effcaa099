import type { Command } from 'commander'
import type { Cli } from '../cli.ts'

export interface RunExecutorOptions {
  peer: string
}

/** For systemd alone, which starts it with a connection as its standard input: help does not list it. */
export function executorCommand(cli: Cli): Command {
  const run = cli
    .command('executor run')
    .requiredOption('--peer <instance>', cli.t.options.peer)
    .action(cli.local(cli.compose.runExecutor))
  return cli.command('executor').addCommand(run)
}
