import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'

export interface UninstallRunnerOptions {
  purge?: boolean
  dryRun?: boolean
}

export function uninstallRunnerCommand(cli: Cli): Command {
  const { options } = cli.t
  return cli
    .command('runner uninstall')
    .option('--purge', options.purge)
    .option('--dry-run', options.dryRun)
    .action(cli.local(cli.compose.uninstallRunner))
}
