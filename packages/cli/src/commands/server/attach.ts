import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findHost, findRunner } from '../../lookup.ts'
import type { OneHostOptions } from './show.ts'

export interface AttachHostOptions extends OneHostOptions {
  runner?: string
  none?: boolean
}

export function attachHostCommand(cli: Cli): Command {
  return cli
    .command('host attach')
    .argument('<host>', cli.t.args.host)
    .argument('[runner]', cli.t.args.runner)
    .option('--none', cli.t.options.attachNone)
    .action(cli.remote(attachHost))
}

export async function attachHost(options: AttachHostOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  if ((options.runner === undefined) === !options.none) {
    throw new AppError('invalid', t.hosts.runnerOrNone, { reason: 'runner_or_none' })
  }
  const { id, name } = await findHost(options.host, context)
  const runner = options.runner === undefined ? null : await findRunner(options.runner, context)
  const host = await client.attachRunner(id, runner?.id ?? null)
  out.answer(host, () => {})
  out.note(runner ? t.hosts.attached(name, runner.name) : t.hosts.detached(name))
  return exitCodes.ok
}
