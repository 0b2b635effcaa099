import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, findServer } from '../../lookup.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'
import { serverWords } from './server-words.ts'

export interface OneServerOptions {
  server: string
}

export function showServerCommand(cli: Cli): Command {
  return cli
    .command('show', words)
    .argument('<server>', serverWords[cli.language].args.server)
    .action(cli.remote(showServer))
}

export async function showServer(options: OneServerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const server = await findServer(options.server, context)
  const runner = server.runnerId ? await createNames(client).runner(server.runnerId) : null
  out.answer(server, () => {
    out.fields([
      [t.columns.id, server.id],
      [t.columns.name, { text: server.name, style: 'bold' }],
      [t.columns.runner, runner ?? t.words.none],
      [t.columns.address, server.baseUrl],
      [t.columns.tags, server.tags.length > 0 ? server.tags.join(', ') : null],
      [t.columns.created, dateAndTime(server.createdAt, context)],
    ])
  })
  if (!runner) out.note(serverWords[language].withoutRunner(server.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Show a server',
    examples: [
      ['ikoma server show web-1', 'by name'],
      ['ikoma server show web-1 --json', 'as JSON'],
    ],
  },
  fr: {
    summary: 'Montrer un serveur',
    examples: [
      ['ikoma server show web-1', 'par son nom'],
      ['ikoma server show web-1 --json', 'en JSON'],
    ],
  },
})
