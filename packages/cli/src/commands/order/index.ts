import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { approveOrderCommand } from './approve.ts'
import { cancelOrderCommand } from './cancel.ts'
import { createOrderCommand } from './create.ts'
import { exportOrdersCommand } from './export.ts'
import { listOrdersCommand } from './list.ts'
import { orderLogsCommand } from './logs.ts'
import { rejectOrderCommand } from './reject.ts'
import { retryOrderCommand } from './retry.ts'
import { settleOrderCommand } from './settle.ts'
import { showOrderCommand } from './show.ts'
import { orderTypesCommand } from './types.ts'

export function orderCommand(cli: Cli): Command {
  return cli
    .command('order', words)
    .addCommand(createOrderCommand(cli))
    .addCommand(listOrdersCommand(cli))
    .addCommand(showOrderCommand(cli))
    .addCommand(orderLogsCommand(cli))
    .addCommand(cancelOrderCommand(cli))
    .addCommand(retryOrderCommand(cli))
    .addCommand(settleOrderCommand(cli))
    .addCommand(approveOrderCommand(cli))
    .addCommand(rejectOrderCommand(cli))
    .addCommand(exportOrdersCommand(cli))
    .addCommand(orderTypesCommand(cli))
}

const words = translated({
  en: {
    summary: 'Place orders and follow them',
    examples: [
      ['ikoma order types', 'what can be ordered'],
      ['ikoma order create runner.selftest', 'place an order and watch it'],
    ],
  },
  fr: {
    summary: 'Passer des ordres et les suivre',
    examples: [
      ['ikoma order types', 'ce qui peut être ordonné'],
      ['ikoma order create runner.selftest', 'passer un ordre et le suivre'],
    ],
  },
})
