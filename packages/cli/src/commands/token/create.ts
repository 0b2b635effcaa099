import { type Role, roles } from '@ikoma/domain'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { choiceOption, wholeNumber } from '../../options.ts'
import { dateAndTime } from '../../times.ts'

export interface CreateTokenOptions {
  name: string
  role: Role
  expiresInDays?: number
}

export function createTokenCommand(cli: Cli): Command {
  const { t } = cli
  return cli
    .command('token create')
    .argument('<name>', t.args.name)
    .addOption(choiceOption('--role <role>', t.options.role, roles, t).makeOptionMandatory())
    .option('--expires-in-days <days>', t.options.expiresInDays, wholeNumber(t))
    .action(cli.remote(createToken))
}

export async function createToken(options: CreateTokenOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const { name, role, expiresInDays } = options
  const token = await client.createToken({ name, role, expiresInDays })
  out.answer(token, () => out.line(token.token))
  out.note(t.tokens.created(token.name, dateAndTime(token.expiresAt, context)))
  return exitCodes.ok
}
