import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'
import { translated } from '../../words.ts'

export interface RevokeTokenOptions {
  token: string
  confirm?: string
}

export function revokeTokenCommand(cli: Cli): Command {
  return cli
    .command('revoke', words)
    .argument('<token>', words[cli.language].args.token)
    .option('--confirm <name>', cli.t.options.confirmName)
    .action(cli.remote(revokeToken))
}

export async function revokeToken(options: RevokeTokenOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const token = await findNamed(client.listTokens, options.token, 'token', context)
  requireConfirm(options.confirm, token.name, context)
  await client.deleteToken(token.id)
  out.answer(token, () => {})
  out.note(t.words.removed(t.nouns.token, token.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Revoke a token at once',
    examples: [
      ['ikoma token revoke ci --confirm ci', 'by name'],
      ['ikoma token revoke 4fd21a7c --confirm ci', 'by the end of its id'],
    ],
    args: { token: 'name or id of a token' },
  },
  fr: {
    summary: 'Révoquer un jeton aussitôt',
    examples: [
      ['ikoma token revoke ci --confirm ci', 'par son nom'],
      ['ikoma token revoke 4fd21a7c --confirm ci', 'par la fin de son id'],
    ],
    args: { token: 'nom ou id d’un jeton' },
  },
})
