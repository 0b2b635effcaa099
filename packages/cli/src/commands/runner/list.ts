import type { RunnerResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'

export function listRunnersCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listRunners))
}

export async function listRunners(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, io, language } = context
  const page = await readPages(client.listRunners, {}, options)
  const names = createNames(client)
  const servers = await Promise.all(page.items.map(({ serverId }) => (serverId ? names.server(serverId) : '')))
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((runner, index): Part[] => [
      io.stdout.isTty ? shortId(runner.id) : runner.id,
      runner.name,
      runnerStatusPart(runner, context),
      servers[index] ?? '',
      runner.scopes.join(', '),
      runner.lastSeenAt ? ago(runner.lastSeenAt, context) : t.words.never,
    ])
    out.table(
      [t.columns.id, t.columns.name, t.columns.status, t.columns.server, t.columns.scopes, t.columns.seen],
      rows,
    )
  })
  if (page.items.length === 0) out.note(runnerWords[language].invite)
  noteMore(page.next, context)
  return exitCodes.ok
}

export function runnerStatusPart({ status }: RunnerResource, { t }: RemoteContext): Part {
  const styles = { ONLINE: 'green', OFFLINE: 'red', DISABLED: 'dim' } as const
  return { text: t.runnerStatus[status], style: styles[status] }
}

const words = translated({
  en: {
    summary: 'List runners',
    examples: [
      ['ikoma runner list', 'names, states and scopes'],
      ['ikoma runner list --json', 'as JSON'],
    ],
  },
  fr: {
    summary: 'Lister les runners',
    examples: [
      ['ikoma runner list', 'noms, états et portées'],
      ['ikoma runner list --json', 'en JSON'],
    ],
  },
})
