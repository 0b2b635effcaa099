import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { credentialOf, readContexts, type StoredContext } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'

export function listContextsCommand(cli: Cli): Command {
  return cli.command('list', words).action(cli.local(listContexts))
}

export async function listContexts(_options: object, context: Context): Promise<number> {
  const { out, t, language } = context
  const { current, contexts } = await readContexts(context)
  const items = Object.entries(contexts).map(([name, stored]) => describeContext(name, stored, current))
  out.answer({ items }, () => {
    if (items.length === 0) return
    const rows = items.map((item) => [item.current ? '*' : '', item.name, item.url, item.credential ?? t.words.none])
    out.table(['', t.columns.name, t.columns.address, t.columns.credential], rows)
  })
  if (items.length === 0) out.note(words[language].empty)
  return exitCodes.ok
}

/** What may be shown of a context: which kind of credential it has, never the credential. */
export function describeContext(name: string, stored: StoredContext, current: string | null) {
  const own = stored.ca === undefined ? {} : { ownAuthority: true }
  return { name, url: stored.url, credential: credentialOf(stored)?.kind ?? null, ...own, current: name === current }
}

const words = translated({
  en: {
    summary: 'List contexts; credentials are not shown',
    examples: [
      ['ikoma context list', 'the current one has a star'],
      ['ikoma context list --json', 'as JSON'],
    ],
    empty: 'No contexts yet. Add one: ikoma context add <name> --url https://… --token-file -',
  },
  fr: {
    summary: 'Lister les contextes ; les accès ne sont pas montrés',
    examples: [
      ['ikoma context list', 'le contexte courant porte une étoile'],
      ['ikoma context list --json', 'en JSON'],
    ],
    empty: 'Aucun contexte. Ajoutez-en un : ikoma context add <nom> --url https://… --token-file -',
  },
})
