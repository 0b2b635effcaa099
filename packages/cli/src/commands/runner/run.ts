import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { parseUrl } from '../../find-control-plane.ts'
import type { RunRunnerOptions } from '../../processes/processes.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'

export function runRunnerCommand(cli: Cli): Command {
  const run = cli.local(({ url, ...options }: RunRunnerOptions, context) => {
    const given = url ? { url: parseUrl(url, '--url', context.t) } : {}
    return cli.processes.runRunner({ ...options, ...given }, context)
  })
  return cli
    .command('run', words)
    .option('--state-dir <folder>', runnerWords[cli.language].options.stateDir)
    .option('--insecure', runnerWords[cli.language].options.insecure)
    .action(run)
}

const words = translated({
  en: {
    summary: 'Execute orders on this machine',
    examples: [
      ['ikoma runner run', 'with the identity that enrol kept'],
      ['ikoma runner run --state-dir /var/lib/ikoma-runner', 'with an identity kept elsewhere'],
    ],
  },
  fr: {
    summary: 'Exécuter des ordres sur cette machine',
    examples: [
      ['ikoma runner run', 'avec l’identité gardée par enrol'],
      ['ikoma runner run --state-dir /var/lib/ikoma-runner', 'avec une identité gardée ailleurs'],
    ],
  },
})
