import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { addScheduleCommand } from './add.ts'
import { listSchedulesCommand } from './list.ts'
import { pauseScheduleCommand, resumeScheduleCommand } from './pause.ts'
import { removeScheduleCommand } from './remove.ts'
import { showScheduleCommand } from './show.ts'

export function scheduleCommand(cli: Cli): Command {
  return cli
    .command('schedule')
    .addCommand(listSchedulesCommand(cli))
    .addCommand(addScheduleCommand(cli))
    .addCommand(showScheduleCommand(cli))
    .addCommand(pauseScheduleCommand(cli))
    .addCommand(resumeScheduleCommand(cli))
    .addCommand(removeScheduleCommand(cli))
}
