import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findHost } from '../../lookup.ts'
import type { OneHostOptions } from './show.ts'

export interface RemoveHostOptions extends OneHostOptions {
  confirm?: string
}

export function removeHostCommand(cli: Cli): Command {
  return cli
    .command('host remove')
    .argument('<host>', cli.t.args.host)
    .option('--confirm <name>', cli.t.options.confirmName)
    .action(cli.remote(removeHost))
}

export async function removeHost(options: RemoveHostOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const host = await findHost(options.host, context)
  requireConfirm(options.confirm, host.name, context)
  await client.deleteServer(host.id)
  out.answer(host, () => {})
  out.note(t.words.removed(t.nouns.host, host.name))
  return exitCodes.ok
}
