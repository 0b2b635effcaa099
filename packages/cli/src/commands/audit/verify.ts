import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'

export function verifyAuditCommand(cli: Cli): Command {
  return cli.command('verify', words).action(cli.remote(verifyAudit))
}

export async function verifyAudit(_options: object, { client, out, language }: RemoteContext): Promise<number> {
  const verification = await client.verifyAudit()
  const { ok, events, head, fault, rows = [] } = verification
  out.answer(verification, () => {
    if (ok) out.line({ text: '✔', style: 'green' }, ' ', words[language].whole(events))
    else if (fault !== null || rows.length === 0)
      out.line(
        { text: '✖', style: 'red' },
        ' ',
        words[language].chain(fault?.seq ?? events + 1, fault?.fault ?? 'altered'),
      )
    for (const { table, id, problem } of rows) {
      out.line({ text: '✖', style: 'red' }, ' ', words[language].row(table, id), words[language][problem])
    }
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
    chain: (seq: number, fault: 'missing' | 'altered') =>
      `The chain breaks at event ${seq}: it is ${fault === 'missing' ? 'missing' : 'altered'}.`,
    row: (table: string, id: string) => `Row ${id} of ${table} `,
    broken: 'was changed in the database.',
    newer: 'was written by a newer IKOMA.',
    outdated: 'is an older copy: the audit knows what happened later.',
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
    chain: (seq, fault) =>
      `La chaîne se rompt à l’événement ${seq} : il ${fault === 'missing' ? 'manque' : 'est altéré'}.`,
    row: (table, id) => `La ligne ${id} de ${table} `,
    broken: 'a été modifiée dans la base.',
    newer: 'a été écrite par un IKOMA plus récent.',
    outdated: 'est une copie ancienne : l’audit sait ce qui a suivi.',
    head: (seq, hash) => `tête ${seq} ${hash}`,
  },
})
