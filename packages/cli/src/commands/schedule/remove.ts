import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findNamed } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { scheduleWords } from './schedule-words.ts'
import type { OneScheduleOptions } from './show.ts'

export interface RemoveScheduleOptions extends OneScheduleOptions {
  confirm?: string
}

export function removeScheduleCommand(cli: Cli): Command {
  return cli
    .command('remove', words)
    .argument('<schedule>', scheduleWords[cli.language].args.schedule)
    .option('--confirm <name>', cli.t.options.confirmName)
    .action(cli.remote(removeSchedule))
}

export async function removeSchedule(options: RemoveScheduleOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const schedule = await findNamed(client.listSchedules, options.schedule, 'schedule', context)
  requireConfirm(options.confirm, schedule.name, context)
  await client.deleteSchedule(schedule.id)
  out.answer(schedule, () => {})
  out.note(t.words.removed(t.nouns.schedule, schedule.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Remove a schedule',
    examples: [
      ['ikoma schedule remove nightly --confirm nightly', 'by name'],
      ['ikoma schedule remove 4fd21a7c --confirm nightly', 'by the end of its id'],
    ],
  },
  fr: {
    summary: 'Supprimer une planification',
    examples: [
      ['ikoma schedule remove nightly --confirm nightly', 'par son nom'],
      ['ikoma schedule remove 4fd21a7c --confirm nightly', 'par la fin de son id'],
    ],
  },
})
