import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { addContextCommand } from './add.ts'
import { listContextsCommand } from './list.ts'
import { removeContextCommand } from './remove.ts'
import { showContextCommand } from './show.ts'
import { useContextCommand } from './use.ts'

export function contextCommand(cli: Cli): Command {
  return cli
    .command('context', words)
    .addCommand(addContextCommand(cli))
    .addCommand(listContextsCommand(cli))
    .addCommand(useContextCommand(cli))
    .addCommand(showContextCommand(cli))
    .addCommand(removeContextCommand(cli))
}

const words = translated({
  en: {
    summary: 'Contexts: the control planes you use, with their credentials',
    details:
      'Chosen in this order: --url or --context, IKOMA_URL with IKOMA_TOKEN or IKOMA_ADMIN_KEY,\n' +
      'the current context, the control plane of this folder.',
    examples: [
      ['ikoma context list', 'which ones are kept'],
      ['ikoma context use prod', 'speak to another one'],
    ],
  },
  fr: {
    summary: 'Contextes : les plans de contrôle que vous utilisez, avec leurs accès',
    details:
      'Choisis dans cet ordre : --url ou --context, IKOMA_URL avec IKOMA_TOKEN ou IKOMA_ADMIN_KEY,\n' +
      'le contexte courant, le plan de contrôle de ce dossier.',
    examples: [
      ['ikoma context list', 'ceux qui sont enregistrés'],
      ['ikoma context use prod', 's’adresser à un autre'],
    ],
  },
})
