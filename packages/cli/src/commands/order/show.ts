import type { OrderEventResource, OrderResource } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, resolveOrderId, shortId } from '../../lookup.ts'
import { readPages } from '../../pages.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'
import { targetName } from './list.ts'
import { mayRunText } from './order-changes.ts'
import { writeEnding } from './order-view.ts'
import { orderWords } from './order-words.ts'
import { readReport, writeOutput } from './report.ts'
import { statusPart } from './status.ts'

export interface OneOrderOptions {
  order: string
}

export function showOrderCommand(cli: Cli): Command {
  return cli
    .command('show', words)
    .argument('<order>', orderWords[cli.language].args.order)
    .action(cli.remote(showOrder))
}

export async function showOrder({ order: text }: OneOrderOptions, context: RemoteContext): Promise<number> {
  const { client, out } = context
  const id = await resolveOrderId(text, context)
  const order = await client.getOrder(id)
  if (out.json) {
    out.answer(order, () => {})
    return exitCodes.ok
  }
  const events = await readPages<OrderEventResource>((query) => client.listOrderEvents(id, query), {}, { all: true })
  await writeFacts(order, context)
  writeTimeline(events.items, context)
  writeReport(order, context)
  return exitCodes.ok
}

async function writeFacts(order: OrderResource, context: RemoteContext): Promise<void> {
  const { out, t, language } = context
  const labels = Object.entries(order.labels).map(([key, value]) => `${key}=${value}`)
  out.fields([
    [t.columns.id, order.id],
    [t.columns.type, { text: order.type, style: 'bold' }],
    [t.columns.status, statusPart(order.status, t)],
    [t.columns.reason, order.statusReason],
    [t.columns.target, await targetName(order, createNames(context.client), context)],
    [t.columns.risk, `${t.risk[order.risk]}${order.dryRun ? `, ${orderWords[language].dryRun}` : ''}`],
    [t.columns.attempt, `${order.attempt} / ${order.maxAttempts}`],
    [t.columns.created, `${dateAndTime(order.createdAt, context)} (${order.createdBy})`],
    [t.columns.labels, labels.length > 0 ? labels.join(', ') : null],
    [t.columns.payload, JSON.stringify(order.payload)],
  ])
}

function writeTimeline(events: OrderEventResource[], context: RemoteContext): void {
  const { out, t } = context
  if (events.length === 0) return
  out.line()
  const rows = events.map(({ at, action, actor, reason }) => [dateAndTime(at, context), action, actor, reason ?? ''])
  out.table([t.columns.at, t.columns.event, t.columns.actor, t.columns.reason], rows)
}

function writeReport(order: OrderResource, context: RemoteContext): void {
  const { out, language } = context
  if (!isTerminal(order.status)) {
    const next =
      order.status === 'PENDING_APPROVAL' ? orderWords[language].needsApproval : orderWords[language].reattach
    out.note(mayRunText(order, context) ?? next(shortId(order.id)))
    return
  }
  const report = readReport(order.report)
  out.line()
  writeEnding(order, report, out.line, context)
  if (report) writeOutput(order, report, context)
}

const words = translated({
  en: {
    summary: 'Show an order, its events and its report',
    examples: [
      ['ikoma order show 7f3c1b9a', 'by the end of its id'],
      ['ikoma order show 7f3c1b9a --json', 'the order as JSON'],
    ],
  },
  fr: {
    summary: 'Montrer un ordre, ses événements et son rapport',
    examples: [
      ['ikoma order show 7f3c1b9a', 'par la fin de son id'],
      ['ikoma order show 7f3c1b9a --json', 'l’ordre en JSON'],
    ],
  },
})
