import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'
import { translated } from '../../words.ts'

export function uninviteCommand(cli: Cli): Command {
  return cli
    .command('uninvite', words)
    .argument('<invitation>', words[cli.language].args.invitation)
    .action(cli.remote(uninvite))
}

async function uninvite({ invitation }: { invitation: string }, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const enrolment = await findNamed(client.listEnrolments, invitation, 'invitation', context)
  await client.revokeEnrolment(enrolment.id)
  out.answer(enrolment, () => {})
  out.note(words[language].done(enrolment.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Take back an invitation that nobody has redeemed yet',
    examples: [
      ['ikoma runner uninvite web-1', 'by the name that it gives'],
      ['ikoma runner uninvite 4fd21a7c', 'by the end of its id'],
    ],
    args: { invitation: 'name or id of an invitation' },
    done: (name: string) => `The invitation of "${name}" is taken back: its token enrols nobody.`,
  },
  fr: {
    summary: 'Retirer une invitation que personne n’a encore utilisée',
    examples: [
      ['ikoma runner uninvite web-1', 'par le nom qu’elle donne'],
      ['ikoma runner uninvite 4fd21a7c', 'par la fin de son id'],
    ],
    args: { invitation: 'nom ou id d’une invitation' },
    done: (name) => `L’invitation de « ${name} » est retirée : son jeton n’inscrit personne.`,
  },
})
