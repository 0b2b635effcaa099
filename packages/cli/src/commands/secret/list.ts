import type { SecretResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'

export function listSecretsCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listSecrets))
}

export async function listSecrets(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const { columns, empty } = words[language]
  const page = await readPages(client.listSecrets, {}, options)
  const names = createNames(client)
  const servers = await Promise.all(page.items.map(({ servers }) => Promise.all((servers ?? []).map(names.server))))
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((secret, index): Part[] => [
      secret.name,
      String(secret.version),
      ago(secret.updatedAt, context),
      secret.updatedBy,
      secret.servers === null ? words[language].all : (servers[index] ?? []).join(', '),
      stateOf(secret, context),
    ])
    out.table([t.columns.name, t.columns.version, columns.set, columns.by, columns.servers, columns.state], rows)
  })
  if (page.items.length === 0) out.note(empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

function stateOf({ state }: SecretResource, { language }: RemoteContext): Part {
  const text = words[language].states[state]
  return state === 'ok' ? text : { text, style: 'red' }
}

const words = translated({
  en: {
    summary: 'List secrets; their values are never shown',
    examples: [
      ['ikoma secret list', 'names, versions, and who set them'],
      ['ikoma secret list --json', 'as JSON'],
    ],
    columns: { set: 'set', by: 'by', servers: 'servers', state: 'state' },
    all: 'all',
    states: { ok: 'ok', broken: 'changed in the database: set it again', key_missing: 'its key is missing' },
    empty: 'No secrets yet. Set one: ikoma secret set <name>',
  },
  fr: {
    summary: 'Lister les secrets ; leurs valeurs ne sont jamais montrées',
    examples: [
      ['ikoma secret list', 'noms, versions, et qui les a définis'],
      ['ikoma secret list --json', 'en JSON'],
    ],
    columns: { set: 'défini', by: 'par', servers: 'serveurs', state: 'état' },
    all: 'tous',
    states: { ok: 'bon', broken: 'modifié dans la base : le redéfinir', key_missing: 'sa clé manque' },
    empty: 'Aucun secret. Définissez-en un : ikoma secret set <nom>',
  },
})
