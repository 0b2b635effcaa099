import type { LogLineResource, OrderResource, OrderSummary, Report } from '@ikoma/api'
import type { RemoteContext } from '../../cli.ts'
import { createNames, shortId } from '../../lookup.ts'
import { span, timeOfDay } from '../../times.ts'
import { translated } from '../../words.ts'
import { changesOf } from './order-changes.ts'
import { orderWords } from './order-words.ts'
import { readReport, type Write, writeOutput, writeSteps } from './report.ts'

/**
 * An order's progress, as a person follows it. Each change is told once, with the time it was made at,
 * and is read from the order's own times: the same order looks the same however the stream cut it up.
 */
export function createOrderView(targetName: string, context: RemoteContext) {
  const { out, t, io, language } = context
  const names = createNames(context.client)
  const told = new Set<string>()
  let lines = 0

  return {
    begin(order: OrderResource): void {
      const dryRun = order.dryRun ? ` (${orderWords[language].dryRun})` : ''
      const title = words[language].title(order.type, targetName)
      out.note('● ', { text: title, style: 'bold' }, dryRun, {
        text: `   ${t.nouns.order} ${shortId(order.id)}`,
        style: 'dim',
      })
    },

    async status(order: OrderSummary | OrderResource): Promise<void> {
      const runner = order.runnerId ? await names.runner(order.runnerId) : ''
      for (const { key, at, text, style } of changesOf(order, runner, context)) {
        if (told.has(key)) continue
        // An order that waited for approval was queued when that came, not when it was placed.
        const time = key === 'queued' && told.has('pending') ? null : at
        told.add(key)
        const clock = timeOfDay(time ?? new Date(io.now()).toISOString(), context)
        out.note({ text: `  ${clock}  `, style: 'dim' }, style ? { text, style } : text)
      }
    },

    line({ text }: LogLineResource): void {
      lines += 1
      // What an order says is data: with --json it gives way to the document.
      if (out.json) out.note({ text: '  │ ', style: 'dim' }, text)
      else if (io.stdout.isTty) out.line({ text: '  │ ', style: 'dim' }, text)
      else out.line(text)
    },

    end(order: OrderResource): void {
      const report = readReport(order.report)
      writeEnding(order, report, out.note, context)
      // Orders that speak have said what they found; of the others it is all there is to see.
      if (report && lines === 0 && !out.json) writeOutput(order, report, context)
    },
  }
}

/** How an order ended: its steps, one line with the verdict, its errors. */
export function writeEnding(order: OrderResource, report: Report | null, write: Write, context: RemoteContext): void {
  const { t, language } = context
  if (report) writeSteps(report, write, context)
  const good = order.status === 'SUCCEEDED'
  const began = order.startedAt ?? order.createdAt
  const took = order.completedAt ? Date.parse(order.completedAt) - Date.parse(began) : null
  const status = t.status[order.status]
  const ended = good ? words[language].succeeded : words[language].ended
  const verdict = took === null ? status : ended(status, span(took, context))
  const why = good || order.statusReason === order.status.toLowerCase() ? null : order.statusReason
  const reason = why ? ` (${why})` : ''
  const summary = report?.summary ? ` — ${report.summary}` : ''
  write({ text: `${good ? '✔' : '✖'} ${verdict}`, style: good ? 'green' : 'red' }, reason, summary)
  for (const { code, message } of report?.errors ?? []) {
    if (message !== report?.summary) write(`  ${code}: ${message}`)
  }
  if (order.status === 'NEEDS_ATTENTION') context.out.note('  ', words[language].needsAttention(shortId(order.id)))
}

const words = translated({
  en: {
    title: (type: string, target: string) => `${type} on ${target}`,
    needsAttention: (id: string) =>
      'Nobody knows whether it took effect, so it is not run again; its report may still come. Look at the server, then: ' +
      `ikoma order settle ${id} --as succeeded (or failed) --reason '…', and to run it again: ikoma order retry ${id}`,
    succeeded: (status: string, span: string) => `${status} in ${span}`,
    ended: (status: string, span: string) => `${status} after ${span}`,
  },
  fr: {
    title: (type, target) => `${type} sur ${target}`,
    needsAttention: (id) =>
      'Personne ne sait s’il a pris effet : il n’est pas relancé ; son rapport peut encore arriver. Vérifiez le serveur, puis : ' +
      `ikoma order settle ${id} --as succeeded (ou failed) --reason '…', et pour le relancer : ikoma order retry ${id}`,
    succeeded: (status, span) => `${status} en ${span}`,
    ended: (status, span) => `${status} après ${span}`,
  },
})
