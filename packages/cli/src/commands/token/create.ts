import { type Role, roles } from '@ikoma/domain'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { choiceOption, wholeNumber } from '../../options.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'

export interface CreateTokenOptions {
  name: string
  role: Role
  expiresInDays?: number
}

export function createTokenCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  const { t } = cli
  return cli
    .command('create', words)
    .argument('<name>', t.args.name)
    .addOption(choiceOption('--role <role>', options.role, roles, t).makeOptionMandatory())
    .option('--expires-in-days <days>', options.expiresInDays, wholeNumber(t))
    .action(cli.remote(createToken))
}

export async function createToken(options: CreateTokenOptions, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const { name, role, expiresInDays } = options
  const token = await client.createToken({ name, role, expiresInDays })
  out.answer(token, () => out.line(token.token))
  out.note(words[language].created(token.name, dateAndTime(token.expiresAt, context)))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Create a token and show it this once',
    examples: [
      ['ikoma token create ci --role operator', 'for 90 days'],
      ['ikoma token create screen --role viewer --expires-in-days 365', 'for a year, to look only'],
    ],
    options: { role: 'what it may do', expiresInDays: 'days it works' },
    created: (name: string, until: string) => `Token "${name}", shown this once. It works until ${until}.`,
  },
  fr: {
    summary: 'Créer un jeton et le montrer cette seule fois',
    examples: [
      ['ikoma token create ci --role operator', 'pour 90 jours'],
      ['ikoma token create screen --role viewer --expires-in-days 365', 'pour un an, en lecture seule'],
    ],
    options: { role: 'ce qu’il permet', expiresInDays: 'durée de vie en jours' },
    created: (name, until) => `Jeton « ${name} », montré cette seule fois. Il fonctionne jusqu’à ${until}.`,
  },
})
