import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'
import { scheduleWords } from './schedule-words.ts'
import type { OneScheduleOptions } from './show.ts'

export function pauseScheduleCommand(cli: Cli): Command {
  return cli
    .command('pause', pauseWords)
    .argument('<schedule>', scheduleWords[cli.language].args.schedule)
    .action(cli.remote<OneScheduleOptions>((options, context) => setPaused(options, true, context)))
}

export function resumeScheduleCommand(cli: Cli): Command {
  return cli
    .command('resume', resumeWords)
    .argument('<schedule>', scheduleWords[cli.language].args.schedule)
    .action(cli.remote<OneScheduleOptions>((options, context) => setPaused(options, false, context)))
}

export async function setPaused(options: OneScheduleOptions, paused: boolean, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const { id } = await findNamed(client.listSchedules, options.schedule, 'schedule', context)
  const schedule = await client.updateSchedule(id, { paused })
  out.answer(schedule, () => {})
  const next = schedule.nextRunAt && !schedule.paused ? dateAndTime(schedule.nextRunAt, context) : null
  out.note(next ? resumeWords[language].resumed(schedule.name, next) : scheduleWords[language].paused(schedule.name))
  return exitCodes.ok
}

const pauseWords = translated({
  en: {
    summary: 'Pause a schedule',
    examples: [
      ['ikoma schedule pause nightly', 'no more runs'],
      ['ikoma schedule pause nightly --json', 'the schedule as JSON'],
    ],
  },
  fr: {
    summary: 'Mettre une planification en pause',
    examples: [
      ['ikoma schedule pause nightly', 'plus aucune exécution'],
      ['ikoma schedule pause nightly --json', 'la planification en JSON'],
    ],
  },
})

const resumeWords = translated({
  en: {
    summary: 'Let a paused schedule go on',
    examples: [
      ['ikoma schedule resume nightly', 'with its next run'],
      ['ikoma schedule resume nightly --json', 'the schedule as JSON'],
    ],
    resumed: (name: string, next: string) => `Schedule "${name}" goes on; next run at ${next}.`,
  },
  fr: {
    summary: 'Reprendre une planification en pause',
    examples: [
      ['ikoma schedule resume nightly', 'avec sa prochaine exécution'],
      ['ikoma schedule resume nightly --json', 'la planification en JSON'],
    ],
    resumed: (name, next) => `La planification « ${name} » reprend ; prochaine exécution le ${next}.`,
  },
})
