import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { parseUrl } from '../../find-control-plane.ts'
import type { EnrolRunnerOptions } from '../../processes/processes.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'

export function enrolRunnerCommand(cli: Cli): Command {
  const { t, processes } = cli
  const enrol = cli.local<Partial<EnrolRunnerOptions> & { token: string }>((options, context) => {
    if (!options.url) throw new AppError('invalid', t.errors.urlMissing, { reason: 'url_missing' })
    return processes.enrolRunner({ ...options, url: parseUrl(options.url, '--url', t) }, context)
  })
  return cli
    .command('enrol', words)
    .requiredOption('--token <token>', runnerWords[cli.language].options.token)
    .option('--name <name>', runnerWords[cli.language].options.name)
    .option('--state-dir <folder>', runnerWords[cli.language].options.stateDir)
    .option('--new-identity', runnerWords[cli.language].options.newIdentity)
    .option('--insecure', runnerWords[cli.language].options.insecure)
    .action(enrol)
}

const words = translated({
  en: {
    summary: 'Make this machine a runner',
    details: 'Creates the key that proves who it is, and keeps it in the state folder.',
    examples: [
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_…', 'with the token of an invitation'],
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_… --name web-1', 'under another name'],
    ],
  },
  fr: {
    summary: 'Faire de cette machine un runner',
    details: 'Crée la clé qui prouve son identité, et la garde dans le dossier d’état.',
    examples: [
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_…', 'avec le jeton d’une invitation'],
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_… --name web-1', 'sous un autre nom'],
    ],
  },
})
