import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import type { OneRunnerOptions } from './show.ts'

export interface RemoveRunnerOptions extends OneRunnerOptions {
  confirm?: string
}

export function removeRunnerCommand(cli: Cli): Command {
  return cli
    .command('runner remove')
    .argument('<runner>', cli.t.args.runner)
    .option('--confirm <name>', cli.t.options.confirmName)
    .action(cli.remote(removeRunner))
}

export async function removeRunner(options: RemoveRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const runner = await findRunner(options.runner, context)
  requireConfirm(options.confirm, runner.name, context)
  await client.deleteRunner(runner.id)
  out.answer(runner, () => {})
  out.note(t.words.removed(t.nouns.runner, runner.name))
  return exitCodes.ok
}
