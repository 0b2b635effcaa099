import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { createTokenCommand } from './create.ts'
import { listTokensCommand } from './list.ts'
import { revokeTokenCommand } from './revoke.ts'

export function tokenCommand(cli: Cli): Command {
  return cli
    .command('token')
    .addCommand(listTokensCommand(cli))
    .addCommand(createTokenCommand(cli))
    .addCommand(revokeTokenCommand(cli))
}
