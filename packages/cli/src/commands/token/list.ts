import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'

export function listTokensCommand(cli: Cli): Command {
  return addPageOptions(cli.command('token list'), cli.t).action(cli.remote(listTokens))
}

export async function listTokens(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const page = await readPages(client.listTokens, {}, options)
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((token): Part[] => [
      context.io.stdout.isTty ? shortId(token.id) : token.id,
      token.name,
      token.role,
      token.createdBy,
      token.expired ? { text: t.words.expired, style: 'red' } : ago(token.expiresAt, context),
    ])
    out.table([t.columns.id, t.columns.name, t.columns.role, t.columns.createdBy, t.columns.expires], rows)
  })
  if (page.items.length === 0) out.note(t.empty.tokens)
  noteMore(page.next, context)
  return exitCodes.ok
}
