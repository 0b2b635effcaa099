import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, shortId } from '../../lookup.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'

export function listServersCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listServers))
}

export async function listServers(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, io, language } = context
  const page = await readPages(client.listServers, {}, options)
  const names = createNames(client)
  const runners = await Promise.all(page.items.map(({ runnerId }) => (runnerId ? names.runner(runnerId) : '')))
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((server, index) => [
      io.stdout.isTty ? shortId(server.id) : server.id,
      server.name,
      runners[index] ?? '',
      server.tags.join(', '),
      ago(server.createdAt, context),
    ])
    out.table([t.columns.id, t.columns.name, t.columns.runner, t.columns.tags, t.columns.created], rows)
  })
  if (page.items.length === 0) out.note(words[language].empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'List servers',
    examples: [
      ['ikoma server list', 'names, runners and tags'],
      ['ikoma server list --json', 'as JSON'],
    ],
    empty: 'No servers yet. Add one: ikoma server add <name>',
  },
  fr: {
    summary: 'Lister les serveurs',
    examples: [
      ['ikoma server list', 'noms, runners et marques'],
      ['ikoma server list --json', 'en JSON'],
    ],
    empty: 'Aucun serveur pour l’instant. Ajoutez-en un : ikoma server add <nom>',
  },
})
