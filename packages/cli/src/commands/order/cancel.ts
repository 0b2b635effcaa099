import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { answerOrder } from './answer.ts'
import type { OneOrderOptions } from './show.ts'

export interface CancelOrderOptions extends OneOrderOptions {
  reason?: string
}

export function cancelOrderCommand(cli: Cli): Command {
  return cli
    .command('order cancel')
    .argument('<order>', cli.t.args.order)
    .option('--reason <text>', cli.t.options.reason)
    .action(cli.remote(cancelOrder))
}

export async function cancelOrder({ order, reason }: CancelOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.cancelOrder(id, reason), context)
}
