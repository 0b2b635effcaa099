import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { answerOrder } from './answer.ts'
import type { OneOrderOptions } from './show.ts'

export function approveOrderCommand(cli: Cli): Command {
  return cli.command('order approve').argument('<order>', cli.t.args.order).action(cli.remote(approveOrder))
}

export async function approveOrder({ order }: OneOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.approveOrder(id), context)
}
