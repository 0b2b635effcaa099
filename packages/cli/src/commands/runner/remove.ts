import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'
import type { OneRunnerOptions } from './show.ts'

export interface RemoveRunnerOptions extends OneRunnerOptions {
  confirm?: string
}

export function removeRunnerCommand(cli: Cli): Command {
  return cli
    .command('remove', words)
    .argument('<runner>', runnerWords[cli.language].args.runner)
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

const words = translated({
  en: {
    summary: 'Remove a runner',
    examples: [
      ['ikoma runner remove web-1 --confirm web-1', 'by name'],
      ['ikoma runner remove 4fd21a7c --confirm web-1', 'by the end of its id'],
    ],
  },
  fr: {
    summary: 'Supprimer un runner',
    examples: [
      ['ikoma runner remove web-1 --confirm web-1', 'par son nom'],
      ['ikoma runner remove 4fd21a7c --confirm web-1', 'par la fin de son id'],
    ],
  },
})
