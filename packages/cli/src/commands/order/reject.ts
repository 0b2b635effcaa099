import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { answerOrder } from './answer.ts'
import type { OneOrderOptions } from './show.ts'

export interface RejectOrderOptions extends OneOrderOptions {
  reason?: string
}

export function rejectOrderCommand(cli: Cli): Command {
  return cli
    .command('order reject')
    .argument('<order>', cli.t.args.order)
    .option('--reason <text>', cli.t.options.reason)
    .action(cli.remote(rejectOrder))
}

export async function rejectOrder({ order, reason }: RejectOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.rejectOrder(id, reason), context)
}
