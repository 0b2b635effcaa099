import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { answerOrder } from './answer.ts'
import { orderWords } from './order-words.ts'
import type { OneOrderOptions } from './show.ts'

export interface RejectOrderOptions extends OneOrderOptions {
  reason?: string
}

export function rejectOrderCommand(cli: Cli): Command {
  return cli
    .command('reject', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .option('--reason <text>', orderWords[cli.language].options.reason)
    .action(cli.remote(rejectOrder))
}

export async function rejectOrder({ order, reason }: RejectOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.rejectOrder(id, reason), context)
}

const words = translated({
  en: {
    summary: 'Refuse an order that waits for approval',
    examples: [
      ['ikoma order reject 7f3c1b9a', 'refuse it'],
      ["ikoma order reject 7f3c1b9a --reason 'not on a Friday'", 'and say why'],
    ],
  },
  fr: {
    summary: 'Refuser un ordre qui attend une approbation',
    examples: [
      ['ikoma order reject 7f3c1b9a', 'le refuser'],
      ["ikoma order reject 7f3c1b9a --reason 'not on a Friday'", 'et dire pourquoi'],
    ],
  },
})
