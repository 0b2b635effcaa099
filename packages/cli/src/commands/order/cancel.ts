import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { answerOrder } from './answer.ts'
import { orderWords } from './order-words.ts'
import type { OneOrderOptions } from './show.ts'

export interface CancelOrderOptions extends OneOrderOptions {
  reason?: string
}

export function cancelOrderCommand(cli: Cli): Command {
  return cli
    .command('cancel', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .option('--reason <text>', orderWords[cli.language].options.reason)
    .action(cli.remote(cancelOrder))
}

export async function cancelOrder({ order, reason }: CancelOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.cancelOrder(id, reason), context)
}

const words = translated({
  en: {
    summary: 'Cancel an order',
    details: 'An order that waits ends at once; one that runs is asked to stop, and ends when its runner says so.',
    examples: [
      ['ikoma order cancel 7f3c1b9a', 'cancel it'],
      ["ikoma order cancel 7f3c1b9a --reason 'wrong server'", 'and say why'],
    ],
  },
  fr: {
    summary: 'Annuler un ordre',
    details:
      'Un ordre en attente finit aussitôt ; un ordre en cours est prié de s’arrêter, et finit quand son runner le dit.',
    examples: [
      ['ikoma order cancel 7f3c1b9a', 'l’annuler'],
      ["ikoma order cancel 7f3c1b9a --reason 'wrong server'", 'et dire pourquoi'],
    ],
  },
})
