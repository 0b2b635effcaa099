import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'

export function verifyAuditCommand(cli: Cli): Command {
  return cli.command('verify', words).action(cli.remote(verifyAudit))
}

export async function verifyAudit(_options: object, { client, out, language }: RemoteContext): Promise<number> {
  const verification = await client.verifyAudit()
  const { ok, events, head, fault } = verification
  out.answer(verification, () => {
    if (ok) out.line({ text: '✔', style: 'green' }, ' ', words[language].whole(events))
    else
      out.line(
        { text: '✖', style: 'red' },
        ' ',
        words[language].broken(fault?.seq ?? events + 1, fault?.fault ?? 'altered'),
      )
  })
  // Kept elsewhere, this line shows later whether the end of the chain was cut off.
  out.note({ text: words[language].head(head.seq, head.hash), style: 'dim' })
  return ok ? exitCodes.ok : exitCodes.failure
}

const words = translated({
  en: {
    summary: 'Check that no audit event was altered or removed',
    details: 'Exits with 1 when the chain is broken. Keep the head it prints elsewhere, to notice a chain cut short.',
    examples: [
      ['ikoma audit verify', 'check every event'],
      ['ikoma audit verify --json', 'the finding as JSON'],
    ],
    whole: (events: number) => `${events} events, the chain is whole.`,
    broken: (seq: number, fault: 'missing' | 'altered') =>
      `The chain breaks at event ${seq}: it is ${fault === 'missing' ? 'missing' : 'altered'}.`,
    head: (seq: number, hash: string) => `head ${seq} ${hash}`,
  },
  fr: {
    summary: 'Vérifier qu’aucun événement d’audit n’a été altéré ou retiré',
    details:
      'Sort avec 1 quand la chaîne est rompue. Gardez ailleurs la tête affichée, pour déceler une chaîne tronquée.',
    examples: [
      ['ikoma audit verify', 'vérifier chaque événement'],
      ['ikoma audit verify --json', 'le constat en JSON'],
    ],
    whole: (events) => `${events} événements, la chaîne est intacte.`,
    broken: (seq, fault) =>
      `La chaîne se rompt à l’événement ${seq} : il ${fault === 'missing' ? 'manque' : 'est altéré'}.`,
    head: (seq, hash) => `tête ${seq} ${hash}`,
  },
})
