import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'

export interface ListAuditOptions extends PageOptions {
  subject?: string
  action?: string
}

export function listAuditCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  const command = cli
    .command('list', words)
    .option('--subject <noun:id>', options.subject)
    .option('--action <action>', options.action)
  return addPageOptions(command, cli).action(cli.remote(listAudit))
}

export async function listAudit(options: ListAuditOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const { subject, action } = options
  const page = await readPages(client.listAudit, { subject, action }, options)
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((event) => [
      String(event.seq),
      dateAndTime(event.at, context),
      event.actor,
      event.action,
      event.subject,
    ])
    out.table([t.columns.seq, t.columns.at, t.columns.actor, t.columns.event, t.columns.subject], rows)
  })
  if (page.items.length === 0) out.note(words[language].empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'List audit events, oldest first',
    examples: [
      ['ikoma audit list --action token.created', 'who made tokens'],
      ['ikoma audit list --all --json', 'the whole record as JSON'],
    ],
    options: {
      subject: 'only events about this, such as order:<id>',
      action: 'only this action, such as order.failed',
    },
    empty: 'No audit event matches.',
  },
  fr: {
    summary: 'Lister les événements d’audit, du plus ancien au plus récent',
    examples: [
      ['ikoma audit list --action token.created', 'qui a créé des jetons'],
      ['ikoma audit list --all --json', 'tout le registre en JSON'],
    ],
    options: {
      subject: 'seulement les événements sur cet objet, comme order:<id>',
      action: 'seulement cette action, comme order.failed',
    },
    empty: 'Aucun événement d’audit ne correspond.',
  },
})
