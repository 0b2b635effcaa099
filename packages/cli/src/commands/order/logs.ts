import type { LogLineResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, resolveOrderId } from '../../lookup.ts'
import { readPages } from '../../pages.ts'
import { parseSpan, timeOfDay } from '../../times.ts'
import { attachOrder } from './attach.ts'
import { targetName } from './list.ts'
import type { OneOrderOptions } from './show.ts'

export interface OrderLogsOptions extends OneOrderOptions {
  follow?: boolean
  timestamps?: boolean
  waitTimeout?: string
}

export function orderLogsCommand(cli: Cli): Command {
  return cli
    .command('order logs')
    .argument('<order>', cli.t.args.order)
    .option('-f, --follow', cli.t.options.follow)
    .option('--timestamps', cli.t.options.timestamps)
    .option('--wait-timeout <duration>', cli.t.options.waitTimeout)
    .action(cli.remote(orderLogs))
}

export async function orderLogs(options: OrderLogsOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const waitMs = options.waitTimeout === undefined ? null : parseSpan(options.waitTimeout, '--wait-timeout', t)
  const id = await resolveOrderId(options.order, context)
  if (options.follow) {
    const order = await client.getOrder(id)
    return attachOrder(order, { targetName: await targetName(order, createNames(client), context), waitMs }, context)
  }
  const page = await readPages<LogLineResource>((query) => client.listOrderLogs(id, query), {}, { all: true })
  out.answer(page, () => {
    for (const { at, text } of page.items) {
      if (options.timestamps) out.line({ text: `${timeOfDay(at, context)}  `, style: 'dim' }, text)
      else out.line(text)
    }
  })
  if (page.items.length === 0) out.note(t.empty.logs)
  return exitCodes.ok
}
