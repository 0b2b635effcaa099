import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { addScheduleCommand } from './add.ts'
import { listSchedulesCommand } from './list.ts'
import { pauseScheduleCommand, resumeScheduleCommand } from './pause.ts'
import { removeScheduleCommand } from './remove.ts'
import { showScheduleCommand } from './show.ts'

export function scheduleCommand(cli: Cli): Command {
  return cli
    .command('schedule', words)
    .addCommand(listSchedulesCommand(cli))
    .addCommand(addScheduleCommand(cli))
    .addCommand(showScheduleCommand(cli))
    .addCommand(pauseScheduleCommand(cli))
    .addCommand(resumeScheduleCommand(cli))
    .addCommand(removeScheduleCommand(cli))
}

const words = translated({
  en: {
    summary: 'Schedules: orders placed by the clock',
    examples: [
      ['ikoma schedule list', 'what runs when'],
      ["ikoma schedule add nightly runner.selftest --cron '0 3 * * *'", 'every night at three'],
    ],
  },
  fr: {
    summary: 'Planifications : des ordres passés par l’horloge',
    examples: [
      ['ikoma schedule list', 'ce qui s’exécute, et quand'],
      ["ikoma schedule add nightly runner.selftest --cron '0 3 * * *'", 'chaque nuit à trois heures'],
    ],
  },
})
