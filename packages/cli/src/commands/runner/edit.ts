import { AppError } from '@ikoma/kernel'
import { type Command, Option } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { collect, wholeNumber } from '../../options.ts'
import { type OneRunnerOptions, printRunner } from './show.ts'

export interface EditRunnerOptions extends OneRunnerOptions {
  name?: string
  scope?: string[]
  concurrency?: number
  enable?: boolean
  disable?: boolean
}

export function editRunnerCommand(cli: Cli): Command {
  const { options } = cli.t
  return cli
    .command('runner edit')
    .argument('<runner>', cli.t.args.runner)
    .option('--name <name>', options.runnerName)
    .option('--scope <scope>', options.editScope, collect)
    .option('--concurrency <number>', options.concurrency, wholeNumber(cli.t))
    .option('--disable', options.disableRunner)
    .addOption(new Option('--enable', options.enableRunner).conflicts('disable'))
    .action(cli.remote(editRunner))
}

export async function editRunner(options: EditRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, t } = context
  const { name, scope: scopes, concurrency, enable, disable } = options
  const disabled = disable ? true : enable ? false : undefined
  if ([name, scopes, concurrency, disabled].every((each) => each === undefined)) {
    throw new AppError('invalid', t.runners.nothingToEdit, { reason: 'nothing_to_change' })
  }
  const { id } = await findRunner(options.runner, context)
  const runner = await client.updateRunner(id, { name, scopes, concurrency, disabled })
  await printRunner(runner, context)
  return exitCodes.ok
}
