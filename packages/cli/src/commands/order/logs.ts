import type { LogLineResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, resolveOrderId } from '../../lookup.ts'
import { readPages } from '../../pages.ts'
import { parseSpan, timeOfDay } from '../../times.ts'
import { translated } from '../../words.ts'
import { attachOrder } from './attach.ts'
import { targetName } from './list.ts'
import { orderWords } from './order-words.ts'
import type { OneOrderOptions } from './show.ts'

export interface OrderLogsOptions extends OneOrderOptions {
  follow?: boolean
  timestamps?: boolean
  waitTimeout?: string
}

export function orderLogsCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('logs', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .option('-f, --follow', options.follow)
    .option('--timestamps', options.timestamps)
    .option('--wait-timeout <duration>', orderWords[cli.language].options.waitTimeout)
    .action(cli.remote(orderLogs))
}

export async function orderLogs(options: OrderLogsOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
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
  if (page.items.length === 0) out.note(words[language].empty)
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Show what an order wrote, or follow it',
    examples: [
      ['ikoma order logs 7f3c1b9a', 'everything it wrote so far'],
      ['ikoma order logs -f 7f3c1b9a', 'attach again and wait for its end'],
    ],
    options: {
      follow: 'stay until the order ends; the exit code tells how',
      timestamps: 'begin each line with its time',
    },
    empty: 'This order has written no log lines.',
  },
  fr: {
    summary: 'Montrer ce qu’un ordre a écrit, ou le suivre',
    examples: [
      ['ikoma order logs 7f3c1b9a', 'tout ce qu’il a écrit jusqu’ici'],
      ['ikoma order logs -f 7f3c1b9a', 'le suivre à nouveau et attendre sa fin'],
    ],
    options: {
      follow: 'rester jusqu’à la fin de l’ordre ; le code de sortie dit laquelle',
      timestamps: 'commencer chaque ligne par son heure',
    },
    empty: 'Cet ordre n’a rien écrit dans son journal.',
  },
})
