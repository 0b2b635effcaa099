import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { parseUrl } from '../../find-control-plane.ts'

export interface EnrolRunnerOptions {
  url: string
  token: string
  name?: string
  stateDir?: string
}

export function enrolRunnerCommand(cli: Cli): Command {
  const { t, compose } = cli
  const enrol = cli.local<Partial<EnrolRunnerOptions> & { token: string }>((options, context) => {
    if (!options.url) throw new AppError('invalid', t.runners.enrolNeedsUrl, { reason: 'url_missing' })
    return compose.enrolRunner({ ...options, url: parseUrl(options.url, '--url', t) }, context)
  })
  return cli
    .command('runner enrol')
    .requiredOption('--token <token>', t.options.enrolToken)
    .option('--name <name>', t.options.runnerName)
    .option('--state-dir <folder>', t.options.stateDir)
    .action(enrol)
}
