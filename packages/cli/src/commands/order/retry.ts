import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { answerOrder } from './answer.ts'
import { orderWords } from './order-words.ts'
import type { OneOrderOptions } from './show.ts'

export function retryOrderCommand(cli: Cli): Command {
  return cli
    .command('retry', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .action(cli.remote(retryOrder))
}

export async function retryOrder({ order }: OneOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.retryOrder(id), context)
}

const words = translated({
  en: {
    summary: 'Place an ended order again',
    examples: [
      ['ikoma order retry 7f3c1b9a', 'place it again'],
      ['ikoma order retry 7f3c1b9a --json', 'the new order as JSON'],
    ],
  },
  fr: {
    summary: 'Passer à nouveau un ordre terminé',
    examples: [
      ['ikoma order retry 7f3c1b9a', 'le passer à nouveau'],
      ['ikoma order retry 7f3c1b9a --json', 'le nouvel ordre en JSON'],
    ],
  },
})
