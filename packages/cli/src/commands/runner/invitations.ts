import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'

export function listInvitationsCommand(cli: Cli): Command {
  return addPageOptions(cli.command('invitations', words), cli).action(cli.remote(listInvitations))
}

async function listInvitations(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const page = await readPages(client.listEnrolments, {}, options)
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map(({ id, name, scopes, createdBy, expiresAt }): Part[] => [
      context.io.stdout.isTty ? shortId(id) : id,
      ...[name, scopes.join(', '), createdBy, ago(expiresAt, context)],
    ])
    out.table([t.columns.id, t.columns.name, t.columns.scopes, t.columns.createdBy, t.columns.expires], rows)
  })
  if (page.items.length === 0) out.note(words[language].empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'List invitations that nobody has redeemed yet; their tokens are never shown again',
    examples: [
      ['ikoma runner invitations', 'names, scopes and ends'],
      ['ikoma runner invitations --json', 'as JSON'],
    ],
    empty: 'No invitation is open. Invite a machine: ikoma runner invite',
  },
  fr: {
    summary: 'Lister les invitations que personne n’a encore utilisées ; leur jeton n’est plus jamais montré',
    examples: [
      ['ikoma runner invitations', 'noms, portées et échéances'],
      ['ikoma runner invitations --json', 'en JSON'],
    ],
    empty: 'Aucune invitation en cours. Invitez une machine : ikoma runner invite',
  },
})
