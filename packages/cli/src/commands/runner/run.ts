import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'

export function runRunnerCommand(cli: Cli): Command {
  return cli
    .command('run', words)
    .option('--state-dir <folder>', runnerWords[cli.language].options.stateDir)
    .option('--insecure', runnerWords[cli.language].options.insecure)
    .action(cli.local(cli.processes.runRunner))
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
