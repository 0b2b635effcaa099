import { AppError } from '@ikoma/kernel'
import { type Command, Option } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { collect, wholeNumber } from '../../options.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'
import { type OneRunnerOptions, printRunner } from './show.ts'

export interface EditRunnerOptions extends OneRunnerOptions {
  name?: string
  scope?: string[]
  concurrency?: number
  enable?: boolean
  disable?: boolean
  sealKey?: string
  runnerSealKey?: string
}

export function editRunnerCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('edit', words)
    .argument('<runner>', runnerWords[cli.language].args.runner)
    .option('--name <name>', runnerWords[cli.language].options.name)
    .option('--scope <scope>', options.scope, collect)
    .option('--concurrency <number>', runnerWords[cli.language].options.concurrency, wholeNumber(cli.t))
    .option('--disable', options.disable)
    .addOption(new Option('--enable', options.enable).conflicts('disable'))
    .option('--seal-key <key>', options.sealKey)
    .option('--runner-seal-key <key>', options.runnerSealKey)
    .action(cli.remote(editRunner))
}

export async function editRunner(options: EditRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, language } = context
  const { name, scope: scopes, concurrency, enable, disable, sealKey, runnerSealKey } = options
  const disabled = disable ? true : enable ? false : undefined
  if ([name, scopes, concurrency, disabled, sealKey, runnerSealKey].every((each) => each === undefined)) {
    throw new AppError('invalid', words[language].nothingToEdit, { reason: 'nothing_to_change' })
  }
  const { id } = await findRunner(options.runner, context)
  const runner = await client.updateRunner(id, { name, scopes, concurrency, disabled, sealKey, runnerSealKey })
  await printRunner(runner, context)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: "Change a runner's name, scopes or number of orders, or disable it",
    details: 'Its server has the last word: what /etc/ikoma/policy.json forbids, no scope allows.',
    examples: [
      ['ikoma runner edit web-1 --scope system,platform,service', 'what it may do, all of it'],
      ['ikoma runner edit web-1 --disable', 'a server that is not to be trusted: refused at once'],
    ],
    options: {
      scope: 'what it may do from now on, instead of what it might (repeatable)',
      disable: 'refuse it, until it is enabled again',
      enable: 'let it work again',
      sealKey: 'what its secrets are encrypted to, as `ikoma runner install` told it on the server',
      runnerSealKey: 'the key of the runner itself, where its executor has another',
    },
    nothingToEdit: 'Say what to change: --name, --scope, --concurrency, --enable, --disable or --seal-key.',
  },
  fr: {
    summary: 'Changer le nom, les portées ou le nombre d’ordres d’un runner, ou le désactiver',
    details: 'Son serveur a le dernier mot : ce que /etc/ikoma/policy.json interdit, aucune portée ne le permet.',
    examples: [
      ['ikoma runner edit web-1 --scope system,platform,service', 'tout ce qu’il peut faire'],
      ['ikoma runner edit web-1 --disable', 'un serveur auquel ne plus se fier : refusé aussitôt'],
    ],
    options: {
      scope: 'ce qu’il peut faire désormais, à la place de ce qu’il pouvait (répétable)',
      disable: 'le refuser, jusqu’à ce qu’il soit réactivé',
      enable: 'le laisser travailler de nouveau',
      sealKey: 'la clé à laquelle ses secrets sont chiffrés, dite par `ikoma runner install` sur le serveur',
      runnerSealKey: 'la clé du runner lui-même, quand son exécuteur en a une autre',
    },
    nothingToEdit: 'Dites quoi changer : --name, --scope, --concurrency, --enable ou --disable.',
  },
})
