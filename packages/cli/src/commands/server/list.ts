import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, shortId } from '../../lookup.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'

export function listHostsCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listHosts))
}

export async function listHosts(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, io, language } = context
  const page = await readPages(client.listServers, {}, options)
  const names = createNames(client)
  const runners = await Promise.all(page.items.map(({ runnerId }) => (runnerId ? names.runner(runnerId) : '')))
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((host, index) => [
      io.stdout.isTty ? shortId(host.id) : host.id,
      host.name,
      runners[index] ?? '',
      host.tags.join(', '),
      ago(host.createdAt, context),
    ])
    out.table([t.columns.id, t.columns.name, t.columns.runner, t.columns.tags, t.columns.created], rows)
  })
  if (page.items.length === 0) out.note(words[language].empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'List hosts',
    examples: [
      ['ikoma host list', 'names, runners and tags'],
      ['ikoma host list --json', 'as JSON'],
    ],
    empty: 'No hosts yet. Add one: ikoma host add <name>',
  },
  fr: {
    summary: 'Lister les hôtes',
    examples: [
      ['ikoma host list', 'noms, runners et marques'],
      ['ikoma host list --json', 'en JSON'],
    ],
    empty: 'Aucun hôte pour l’instant. Ajoutez-en un : ikoma host add <nom>',
  },
})
