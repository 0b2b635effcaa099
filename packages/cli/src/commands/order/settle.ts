import { type Command, Option } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { answerOrder } from './answer.ts'
import { orderWords } from './order-words.ts'
import type { OneOrderOptions } from './show.ts'

const verdicts = ['succeeded', 'failed'] as const

export interface SettleOrderOptions extends OneOrderOptions {
  as: (typeof verdicts)[number]
  reason: string
}

export function settleOrderCommand(cli: Cli): Command {
  return cli
    .command('settle', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .addOption(new Option('--as <verdict>', words[cli.language].options.as).choices(verdicts).makeOptionMandatory())
    .requiredOption('--reason <text>', words[cli.language].options.reason)
    .action(cli.remote(settleOrder))
}

export async function settleOrder({ order, as, reason }: SettleOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.settleOrder(id, { as, reason }), context)
}

const words = translated({
  en: {
    summary: 'Say how an order ended that needs attention, or is silent',
    details:
      'Nobody knows how it ended, and it is never run again by itself. Look at the server, then say what you found: your ' +
      'name and your reason stay in the audit. A report that still comes is kept beside it. One that is silent may still be ' +
      'running: the verdict frees its key at once, and its runner is told to stop when it is heard of.',
    examples: [
      ["ikoma order settle 7f3c1b9a --as succeeded --reason 'the migration is in the table'", 'it was done'],
      ["ikoma order settle 7f3c1b9a --as failed --reason 'the disk was full'", 'it was not, and may be retried'],
    ],
    options: { as: 'how it ended', reason: 'what you saw, for the record' },
  },
  fr: {
    summary: 'Dire comment a fini un ordre à vérifier, ou sans nouvelles',
    details:
      'Personne ne sait comment il a fini, et il n’est jamais relancé de lui-même. Regardez le serveur, puis dites ce que ' +
      'vous avez trouvé : votre nom et votre raison restent dans l’audit. Un rapport qui arrive encore est gardé à côté. ' +
      'S’il est sans nouvelles, il tourne peut-être encore : le verdict libère sa clé aussitôt, et son runner est arrêté dès qu’il répond.',
    examples: [
      ["ikoma order settle 7f3c1b9a --as succeeded --reason 'the migration is in the table'", 'il a été fait'],
      [
        "ikoma order settle 7f3c1b9a --as failed --reason 'the disk was full'",
        'il ne l’a pas été, et peut être repassé',
      ],
    ],
    options: { as: 'comment il a fini', reason: 'ce que vous avez vu, pour mémoire' },
  },
})
