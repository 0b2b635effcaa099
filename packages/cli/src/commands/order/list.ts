import type { OrderSummary } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, type Names, shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago, span } from '../../times.ts'
import { translated } from '../../words.ts'
import { mayRunText } from './order-changes.ts'
import { addOrderFilters, type OrderFilterOptions, orderFilters } from './order-filters.ts'
import { statusPart } from './status.ts'
import { scopeName } from './target.ts'

export type ListOrdersOptions = OrderFilterOptions & PageOptions

export function listOrdersCommand(cli: Cli): Command {
  const command = addOrderFilters(cli.command('list', words), cli)
  return addPageOptions(command, cli).action(cli.remote(listOrders))
}

export async function listOrders(options: ListOrdersOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const query = await orderFilters(options, context)
  const page = await readPages(client.listOrders, query, options)
  const names = createNames(client)
  const rows = out.json ? [] : await Promise.all(page.items.map((order) => row(order, names, context)))
  out.answer(page, () => {
    if (rows.length > 0)
      out.table(
        [t.columns.id, t.columns.status, t.columns.type, t.columns.target, t.columns.created, t.columns.took],
        rows,
      )
  })
  for (const order of page.items) {
    const mayRun = mayRunText(order, context)
    if (mayRun !== null) out.note({ text: mayRun, style: 'yellow' })
  }
  if (page.items.length === 0)
    out.note(Object.values(query).some(Boolean) ? words[language].noMatch : words[language].empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

async function row(order: OrderSummary, names: Names, context: RemoteContext): Promise<Part[]> {
  const { startedAt, completedAt } = order
  const took = startedAt && completedAt ? span(Date.parse(completedAt) - Date.parse(startedAt), context) : ''
  const id = context.io.stdout.isTty ? shortId(order.id) : order.id
  const target = await targetName(order, names, context)
  return [id, statusPart(order.status, context.t), order.type, target, ago(order.createdAt, context), took]
}

type Target = Pick<OrderSummary, 'serverId' | 'runnerId' | 'scope'>

export async function targetName(order: Target, names: Names, context: RemoteContext): Promise<string> {
  if (order.serverId) return names.server(order.serverId)
  if (order.runnerId) return names.runner(order.runnerId)
  return scopeName(order.scope ?? '', context)
}

const words = translated({
  en: {
    summary: 'List orders, newest first',
    examples: [
      ['ikoma order list --status FAILED,TIMED_OUT --since 24h', 'what went wrong in the last day'],
      ['ikoma order list --server web-1 --json', 'orders of one server, as JSON'],
    ],
    empty: 'No orders yet. Place one: ikoma order create runner.selftest',
    noMatch: 'No order matches. Leave out a filter to see more.',
  },
  fr: {
    summary: 'Lister les ordres, du plus récent au plus ancien',
    examples: [
      ['ikoma order list --status FAILED,TIMED_OUT --since 24h', 'ce qui a échoué depuis un jour'],
      ['ikoma order list --server web-1 --json', 'les ordres d’un serveur, en JSON'],
    ],
    empty: 'Aucun ordre pour l’instant. Passez-en un : ikoma order create runner.selftest',
    noMatch: 'Aucun ordre ne correspond. Retirez un filtre pour en voir plus.',
  },
})
