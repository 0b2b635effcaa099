import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findHost } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { serverWords } from './server-words.ts'
import type { OneHostOptions } from './show.ts'

export interface RemoveHostOptions extends OneHostOptions {
  confirm?: string
}

export function removeHostCommand(cli: Cli): Command {
  return cli
    .command('remove', words)
    .argument('<host>', serverWords[cli.language].args.server)
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

const words = translated({
  en: {
    summary: 'Take a server out of management',
    details: 'Nothing changes on the server itself.',
    examples: [
      ['ikoma host remove web-1 --confirm web-1', 'by name'],
      ['ikoma host remove 4fd21a7c --confirm web-1', 'by the end of its id'],
    ],
  },
  fr: {
    summary: 'Ne plus gérer un serveur',
    details: 'Rien ne change sur le serveur lui-même.',
    examples: [
      ['ikoma host remove web-1 --confirm web-1', 'par son nom'],
      ['ikoma host remove 4fd21a7c --confirm web-1', 'par la fin de son id'],
    ],
  },
})
