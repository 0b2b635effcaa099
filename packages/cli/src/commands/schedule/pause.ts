import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'
import { dateAndTime } from '../../times.ts'
import type { OneScheduleOptions } from './show.ts'

export function pauseScheduleCommand(cli: Cli): Command {
  return cli
    .command('schedule pause')
    .argument('<schedule>', cli.t.args.schedule)
    .action(cli.remote<OneScheduleOptions>((options, context) => setPaused(options, true, context)))
}

export function resumeScheduleCommand(cli: Cli): Command {
  return cli
    .command('schedule resume')
    .argument('<schedule>', cli.t.args.schedule)
    .action(cli.remote<OneScheduleOptions>((options, context) => setPaused(options, false, context)))
}

export async function setPaused(options: OneScheduleOptions, paused: boolean, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const { id } = await findNamed(client.listSchedules, options.schedule, 'schedule', context)
  const schedule = await client.updateSchedule(id, { paused })
  out.answer(schedule, () => {})
  const next = schedule.nextRunAt && !schedule.paused ? dateAndTime(schedule.nextRunAt, context) : null
  out.note(next ? t.schedules.resumed(schedule.name, next) : t.schedules.paused(schedule.name))
  return exitCodes.ok
}
