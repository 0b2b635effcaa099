import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findServer } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { serverWords } from './server-words.ts'
import type { OneServerOptions } from './show.ts'

export interface RemoveServerOptions extends OneServerOptions {
  confirm?: string
}

export function removeServerCommand(cli: Cli): Command {
  return cli
    .command('remove', words)
    .argument('<server>', serverWords[cli.language].args.server)
    .option('--confirm <name>', cli.t.options.confirmName)
    .action(cli.remote(removeServer))
}

export async function removeServer(options: RemoveServerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const server = await findServer(options.server, context)
  requireConfirm(options.confirm, server.name, context)
  await client.deleteServer(server.id)
  out.answer(server, () => {})
  out.note(t.words.removed(t.nouns.server, server.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Take a server out of management',
    details: 'Nothing changes on the server itself.',
    examples: [
      ['ikoma server remove web-1 --confirm web-1', 'by name'],
      ['ikoma server remove 4fd21a7c --confirm web-1', 'by the end of its id'],
    ],
  },
  fr: {
    summary: 'Ne plus gérer un serveur',
    details: 'Rien ne change sur le serveur lui-même.',
    examples: [
      ['ikoma server remove web-1 --confirm web-1', 'par son nom'],
      ['ikoma server remove 4fd21a7c --confirm web-1', 'par la fin de son id'],
    ],
  },
})
