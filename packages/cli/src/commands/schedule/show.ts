import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'
import { dateAndTime, span } from '../../times.ts'
import { translated } from '../../words.ts'
import { nextRunPart } from './list.ts'
import { scheduleWords } from './schedule-words.ts'

export interface OneScheduleOptions {
  schedule: string
}

export function showScheduleCommand(cli: Cli): Command {
  return cli
    .command('show', words)
    .argument('<schedule>', scheduleWords[cli.language].args.schedule)
    .action(cli.remote(showSchedule))
}

export async function showSchedule(options: OneScheduleOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const { id } = await findNamed(client.listSchedules, options.schedule, 'schedule', context)
  // A list has no payloads.
  const schedule = await client.getSchedule(id)
  const { lastRunAt, alertAfterSec } = schedule
  out.answer(schedule, () => {
    out.fields([
      [t.columns.id, schedule.id],
      [t.columns.name, { text: schedule.name, style: 'bold' }],
      [t.columns.cron, `${schedule.cron} (${schedule.timeZone})`],
      [t.columns.nextRun, nextRunPart(schedule, context)],
      [t.columns.lastRun, lastRunAt ? dateAndTime(lastRunAt, context) : t.words.never],
      [t.columns.lastOrder, schedule.lastOrderId],
      [t.columns.problem, schedule.lastProblem ? { text: schedule.lastProblem, style: 'red' } : null],
      [t.columns.alertAfter, alertAfterSec === null ? null : span(alertAfterSec * 1000, context)],
      [t.nouns.order, JSON.stringify(schedule.order)],
      [t.columns.created, `${dateAndTime(schedule.createdAt, context)} (${schedule.createdBy})`],
    ])
  })
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Show a schedule',
    examples: [
      ['ikoma schedule show nightly', 'by name'],
      ['ikoma schedule show nightly --json', 'as JSON'],
    ],
  },
  fr: {
    summary: 'Montrer une planification',
    examples: [
      ['ikoma schedule show nightly', 'par son nom'],
      ['ikoma schedule show nightly --json', 'en JSON'],
    ],
  },
})
