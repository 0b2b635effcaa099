import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { answerOrder } from './answer.ts'
import { orderWords } from './order-words.ts'
import type { OneOrderOptions } from './show.ts'

export function approveOrderCommand(cli: Cli): Command {
  return cli
    .command('approve', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .action(cli.remote(approveOrder))
}

export async function approveOrder({ order }: OneOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.approveOrder(id), context)
}

const words = translated({
  en: {
    summary: 'Let an order run that waits for approval',
    examples: [
      ['ikoma order list --status PENDING_APPROVAL', 'what waits'],
      ['ikoma order approve 7f3c1b9a', 'let it run'],
    ],
  },
  fr: {
    summary: 'Laisser s’exécuter un ordre qui attend une approbation',
    examples: [
      ['ikoma order list --status PENDING_APPROVAL', 'ce qui attend'],
      ['ikoma order approve 7f3c1b9a', 'le laisser s’exécuter'],
    ],
  },
})
