import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { collect } from '../../options.ts'

export interface InstallRunnerOptions {
  url?: string
  token?: string
  name?: string
  allow?: string[]
  dryRun?: boolean
}

export function installRunnerCommand(cli: Cli): Command {
  const { t, compose } = cli
  const install = cli.local<InstallRunnerOptions>((options, context) => {
    const { url, token } = options
    if (token !== undefined && !url) throw new AppError('invalid', t.runners.enrolNeedsUrl, { reason: 'url_missing' })
    return compose.installRunner(url ? { ...options, url: parseUrl(url, '--url', t) } : options, context)
  })
  return cli
    .command('runner install')
    .option('--token <token>', t.options.enrolToken)
    .option('--name <name>', t.options.runnerName)
    .option('--allow <scope>', t.options.allow, collect)
    .option('--dry-run', t.options.dryRun)
    .action(install)
}
