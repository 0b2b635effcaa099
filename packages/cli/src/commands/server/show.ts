import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, findHost } from '../../lookup.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'
import { serverWords } from './server-words.ts'

export interface OneHostOptions {
  host: string
}

export function showHostCommand(cli: Cli): Command {
  return cli
    .command('show', words)
    .argument('<host>', serverWords[cli.language].args.server)
    .action(cli.remote(showHost))
}

export async function showHost(options: OneHostOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const host = await findHost(options.host, context)
  const runner = host.runnerId ? await createNames(client).runner(host.runnerId) : null
  out.answer(host, () => {
    out.fields([
      [t.columns.id, host.id],
      [t.columns.name, { text: host.name, style: 'bold' }],
      [t.columns.runner, runner ?? t.words.none],
      [t.columns.address, host.baseUrl],
      [t.columns.tags, host.tags.length > 0 ? host.tags.join(', ') : null],
      [t.columns.created, dateAndTime(host.createdAt, context)],
    ])
  })
  if (!runner) out.note(serverWords[language].withoutRunner(host.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Show a host',
    examples: [
      ['ikoma host show web-1', 'by name'],
      ['ikoma host show web-1 --json', 'as JSON'],
    ],
  },
  fr: {
    summary: 'Montrer un hôte',
    examples: [
      ['ikoma host show web-1', 'par son nom'],
      ['ikoma host show web-1 --json', 'en JSON'],
    ],
  },
})
