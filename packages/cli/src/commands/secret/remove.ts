import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'
import { secretWords } from './secret-words.ts'

export interface RemoveSecretOptions {
  secret: string
  confirm?: string
  force?: boolean
}

export function removeSecretCommand(cli: Cli): Command {
  return cli
    .command('remove', words)
    .argument('<secret>', secretWords[cli.language].args.secret)
    .option('--confirm <name>', cli.t.options.confirmName)
    .option('--force', words[cli.language].options.force)
    .action(cli.remote(removeSecret))
}

export async function removeSecret(options: RemoveSecretOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const { secret, confirm, force = false } = options
  requireConfirm(confirm, secret, context)
  await client.removeSecret(secret, { force })
  out.answer({ name: secret }, () => {})
  out.note(t.words.removed(t.nouns.secret, secret))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Remove a secret that no live order and no schedule names',
    examples: [
      ['ikoma secret remove db-password --confirm db-password', 'when nothing needs it'],
      ['ikoma secret remove db-password --confirm db-password --force', 'at once: orders that name it end'],
    ],
    options: { force: 'remove it although live orders or schedules name it' },
  },
  fr: {
    summary: 'Supprimer un secret qu’aucun ordre en cours ni aucune planification ne nomme',
    examples: [
      ['ikoma secret remove db-password --confirm db-password', 'quand rien n’en a besoin'],
      [
        'ikoma secret remove db-password --confirm db-password --force',
        'aussitôt : les ordres qui le nomment prennent fin',
      ],
    ],
    options: { force: 'le supprimer même si des ordres en cours ou des planifications le nomment' },
  },
})
