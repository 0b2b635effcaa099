import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'

export function listTokensCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listTokens))
}

export async function listTokens(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const page = await readPages(client.listTokens, {}, options)
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((token): Part[] => [
      context.io.stdout.isTty ? shortId(token.id) : token.id,
      token.sharesName ? { text: token.name, style: 'red' } : token.name,
      token.role,
      token.createdBy,
      token.expired ? { text: words[language].expired, style: 'red' } : ago(token.expiresAt, context),
    ])
    out.table([t.columns.id, t.columns.name, t.columns.role, t.columns.createdBy, t.columns.expires], rows)
  })
  if (page.items.length === 0) out.note(words[language].empty)
  const shared = page.items.filter(({ sharesName }) => sharesName).map(({ name }) => name)
  if (shared.length > 0) out.note({ text: words[language].shared(shared), style: 'yellow' })
  noteMore(page.next, context)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'List tokens; what they say is never shown again',
    examples: [
      ['ikoma token list', 'names, roles and ends'],
      ['ikoma token list --json', 'as JSON'],
    ],
    empty: 'No tokens yet. Create one: ikoma token create <name> --role operator',
    expired: 'expired',
    shared: (names: string[]) =>
      `More than one token goes by ${names.join(', ')}: the audit cannot tell them apart. Revoke all but one.`,
  },
  fr: {
    summary: 'Lister les jetons ; leur valeur n’est plus jamais montrée',
    examples: [
      ['ikoma token list', 'noms, rôles et échéances'],
      ['ikoma token list --json', 'en JSON'],
    ],
    empty: 'Aucun jeton. Créez-en un : ikoma token create <nom> --role operator',
    expired: 'expiré',
    shared: (names) =>
      `Plusieurs jetons répondent à ${names.join(', ')} : l’audit ne peut les distinguer. Révoquez-les tous sauf un.`,
  },
})
