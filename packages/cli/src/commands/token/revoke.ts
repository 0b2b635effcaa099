import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'

export interface RevokeTokenOptions {
  token: string
  confirm?: string
}

export function revokeTokenCommand(cli: Cli): Command {
  return cli
    .command('token revoke')
    .argument('<token>', cli.t.args.token)
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
