import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { listSecretsCommand } from './list.ts'
import { removeSecretCommand } from './remove.ts'
import { rotateSecretsCommand } from './rotate.ts'
import { setSecretCommand } from './set.ts'

export function secretCommand(cli: Cli): Command {
  return cli
    .command('secret', words)
    .addCommand(setSecretCommand(cli))
    .addCommand(listSecretsCommand(cli))
    .addCommand(removeSecretCommand(cli))
    .addCommand(rotateSecretsCommand(cli))
}

const words = translated({
  en: {
    summary: 'Secrets: values that orders name and nobody reads back',
    details: 'In place of text in a payload: {"secret": "<name>"}. The order is stored and shown with the name alone.',
    examples: [
      ['ikoma secret set db-password', 'typed in, unseen'],
      [
        'ikoma order create service.systemd.apply --payload @app.json --set environment.DB_PASSWORD.secret=db-password',
        'name it',
      ],
    ],
  },
  fr: {
    summary: 'Secrets : des valeurs que les ordres nomment et que personne ne relit',
    details:
      'À la place d’un texte dans les paramètres : {"secret": "<nom>"}. L’ordre est conservé et montré avec le nom seul.',
    examples: [
      ['ikoma secret set db-password', 'saisi sans être vu'],
      [
        'ikoma order create service.systemd.apply --payload @app.json --set environment.DB_PASSWORD.secret=db-password',
        'le nommer',
      ],
    ],
  },
})
