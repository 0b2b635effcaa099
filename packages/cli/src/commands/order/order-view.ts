import type { LogLineResource, OrderResource, Report } from '@ikoma/api'
import type { RemoteContext } from '../../cli.ts'
import { createNames, shortId } from '../../lookup.ts'
import type { Style } from '../../output.ts'
import { span, timeOfDay } from '../../times.ts'
import { readReport, type Write, writeOutput, writeSteps } from './report.ts'

/**
 * An order's progress, as a person follows it. Each change is told once, with the time it was made at,
 * and is read from the order's own times: the same order looks the same however the stream cut it up.
 */
export function createOrderView(targetName: string, context: RemoteContext) {
  const { out, t, io } = context
  const names = createNames(context.client)
  const told = new Set<string>()
  let lines = 0

  function tell(key: string, time: string | null, text: string, style?: Style): void {
    if (told.has(key)) return
    told.add(key)
    const at = timeOfDay(time ?? new Date(io.now()).toISOString(), context)
    out.note({ text: `  ${at}  `, style: 'dim' }, style ? { text, style } : text)
  }

  return {
    begin(order: OrderResource): void {
      const dryRun = order.dryRun ? ` (${t.attach.dryRun})` : ''
      const title = t.attach.title(order.type, targetName)
      out.note('● ', { text: title, style: 'bold' }, dryRun, {
        text: `   ${t.nouns.order} ${shortId(order.id)}`,
        style: 'dim',
      })
    },

    async status(order: OrderResource): Promise<void> {
      const { attempt, claimedAt, startedAt } = order
      if (order.status === 'PENDING_APPROVAL')
        return tell('pending', order.createdAt, t.status.PENDING_APPROVAL, 'yellow')
      if (attempt === 0 || told.size === 0)
        tell('queued 0', told.has('pending') ? null : order.createdAt, t.status.QUEUED)
      if (claimedAt && order.runnerId) {
        const runner = await names.runner(order.runnerId)
        tell(`claimed ${attempt}`, claimedAt, t.attach.claimed(runner, attempt))
      }
      if (startedAt) tell(`running ${attempt}`, startedAt, t.status.RUNNING)
      if (order.cancelRequestedAt) tell('cancel', order.cancelRequestedAt, t.attach.cancelRequested, 'yellow')
      if (order.status === 'STALE') tell(`stale ${attempt}`, null, t.attach.stale(order.statusReason ?? ''), 'yellow')
      if (order.status !== 'QUEUED' || attempt === 0) return
      tell(
        `queued ${attempt}`,
        null,
        t.attach.requeued(order.statusReason ?? '', timeOfDay(order.runAt, context)),
        'yellow',
      )
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
      if (report && lines === 0 && !out.json) writeOutput(report, context)
      if (order.status === 'NEEDS_ATTENTION') out.note('  ', t.attach.needsAttention(shortId(order.id)))
    },
  }
}

/** How an order ended: its steps, one line with the verdict, its errors. */
export function writeEnding(order: OrderResource, report: Report | null, write: Write, context: RemoteContext): void {
  const { t } = context
  if (report) writeSteps(report, write, context)
  const good = order.status === 'SUCCEEDED'
  const began = order.startedAt ?? order.createdAt
  const took = order.completedAt ? Date.parse(order.completedAt) - Date.parse(began) : null
  const status = t.status[order.status]
  const verdict = took === null ? status : t.attach.ended(status, span(took, context))
  const reason = !good && order.statusReason ? ` (${order.statusReason})` : ''
  const summary = report?.summary ? ` — ${report.summary}` : ''
  write({ text: `${good ? '✔' : '✖'} ${verdict}`, style: good ? 'green' : 'red' }, reason, summary)
  for (const { code, message } of report?.errors ?? []) write(`  ${code}: ${message}`)
}
