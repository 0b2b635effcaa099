import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { createTokenCommand } from './create.ts'
import { listTokensCommand } from './list.ts'
import { revokeTokenCommand } from './revoke.ts'

export function tokenCommand(cli: Cli): Command {
  return cli
    .command('token', words)
    .addCommand(listTokensCommand(cli))
    .addCommand(createTokenCommand(cli))
    .addCommand(revokeTokenCommand(cli))
}

const words = translated({
  en: {
    summary: 'Tokens: credentials of people and programs',
    examples: [
      ['ikoma token list', 'who has one'],
      ['ikoma token create ci --role operator', 'make one'],
    ],
  },
  fr: {
    summary: 'Jetons : les accès des personnes et des programmes',
    examples: [
      ['ikoma token list', 'qui en a un'],
      ['ikoma token create ci --role operator', 'en créer un'],
    ],
  },
})
