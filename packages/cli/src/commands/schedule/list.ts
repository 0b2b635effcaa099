import type { ScheduleResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { ago } from '../../times.ts'
import { translated } from '../../words.ts'

export function listSchedulesCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listSchedules))
}

export async function listSchedules(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const page = await readPages(client.listSchedules, {}, options)
  out.answer(page, () => {
    if (page.items.length === 0) return
    const head = [t.columns.id, t.columns.name, t.columns.cron, t.columns.type, t.columns.lastRun, t.columns.nextRun]
    const rows = page.items.map((schedule): Part[] => [
      context.io.stdout.isTty ? shortId(schedule.id) : schedule.id,
      schedule.name,
      `${schedule.cron} (${schedule.timeZone})`,
      String(schedule.order.type),
      schedule.lastRunAt ? ago(schedule.lastRunAt, context) : t.words.never,
      nextRunPart(schedule, context),
    ])
    out.table(head, rows)
  })
  if (page.items.length === 0) out.note(words[language].empty)
  noteMore(page.next, context)
  return exitCodes.ok
}

export function nextRunPart(schedule: ScheduleResource, context: RemoteContext): Part {
  const { t, language } = context
  if (schedule.paused) return { text: words[language].paused, style: 'dim' }
  const next = schedule.nextRunAt ? ago(schedule.nextRunAt, context) : t.words.never
  return schedule.overdue ? { text: `${next} (${words[language].overdue})`, style: 'red' } : next
}

const words = translated({
  en: {
    summary: 'List schedules',
    examples: [
      ['ikoma schedule list', 'with their next runs'],
      ['ikoma schedule list --json', 'as JSON'],
    ],
    empty: "No schedules yet. Add one: ikoma schedule add nightly runner.selftest --cron '0 3 * * *'",
    paused: 'paused',
    overdue: 'overdue',
  },
  fr: {
    summary: 'Lister les planifications',
    examples: [
      ['ikoma schedule list', 'avec leurs prochaines exécutions'],
      ['ikoma schedule list --json', 'en JSON'],
    ],
    empty: "Aucune planification. Ajoutez-en une : ikoma schedule add nuit runner.selftest --cron '0 3 * * *'",
    paused: 'en pause',
    overdue: 'en retard',
  },
})
