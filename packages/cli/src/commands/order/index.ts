import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { approveOrderCommand } from './approve.ts'
import { cancelOrderCommand } from './cancel.ts'
import { createOrderCommand } from './create.ts'
import { exportOrdersCommand } from './export.ts'
import { listOrdersCommand } from './list.ts'
import { orderLogsCommand } from './logs.ts'
import { rejectOrderCommand } from './reject.ts'
import { retryOrderCommand } from './retry.ts'
import { showOrderCommand } from './show.ts'
import { orderTypesCommand } from './types.ts'

export function orderCommand(cli: Cli): Command {
  return cli
    .command('order')
    .addCommand(createOrderCommand(cli))
    .addCommand(listOrdersCommand(cli))
    .addCommand(showOrderCommand(cli))
    .addCommand(orderLogsCommand(cli))
    .addCommand(cancelOrderCommand(cli))
    .addCommand(retryOrderCommand(cli))
    .addCommand(approveOrderCommand(cli))
    .addCommand(rejectOrderCommand(cli))
    .addCommand(exportOrdersCommand(cli))
    .addCommand(orderTypesCommand(cli))
}
