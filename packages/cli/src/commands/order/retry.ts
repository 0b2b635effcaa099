import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { resolveOrderId } from '../../lookup.ts'
import { answerOrder } from './answer.ts'
import type { OneOrderOptions } from './show.ts'

export function retryOrderCommand(cli: Cli): Command {
  return cli.command('order retry').argument('<order>', cli.t.args.order).action(cli.remote(retryOrder))
}

export async function retryOrder({ order }: OneOrderOptions, context: RemoteContext): Promise<number> {
  const id = await resolveOrderId(order, context)
  return answerOrder(await context.client.retryOrder(id), context)
}
