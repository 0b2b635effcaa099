import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { dateAndTime } from '../../times.ts'

export interface ListAuditOptions extends PageOptions {
  subject?: string
  action?: string
}

export function listAuditCommand(cli: Cli): Command {
  const command = cli
    .command('audit list')
    .option('--subject <noun:id>', cli.t.options.subject)
    .option('--action <action>', cli.t.options.action)
  return addPageOptions(command, cli.t).action(cli.remote(listAudit))
}

export async function listAudit(options: ListAuditOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
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
  if (page.items.length === 0) out.note(t.empty.audit)
  noteMore(page.next, context)
  return exitCodes.ok
}
