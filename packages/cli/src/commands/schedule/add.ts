import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { choiceOption } from '../../options.ts'
import { dateAndTime, parseSpan } from '../../times.ts'
import { addOrderOptions, buildOrder, getOrderType, type OrderOptions } from '../order/order-options.ts'

export interface AddScheduleOptions extends OrderOptions {
  name: string
  type: string
  cron: string
  timeZone?: string
  missedRuns?: 'skip' | 'run-once'
  alertAfter?: string
  paused?: boolean
  confirm?: string
}

export function addScheduleCommand(cli: Cli): Command {
  const { t } = cli
  const command = cli
    .command('schedule add')
    .argument('<name>', t.args.name)
    .argument('<type>', t.args.type)
    .requiredOption('--cron <expression>', t.options.cron)
    .option('--time-zone <zone>', t.options.timeZone)
    .addOption(choiceOption('--missed-runs <policy>', t.options.missedRuns, ['skip', 'run-once'], t))
    .option('--alert-after <duration>', t.options.alertAfter)
    .option('--paused', t.options.paused)
    .option('--confirm <type>', t.options.confirmType)
  return addOrderOptions(command, t).action(cli.remote(addSchedule))
}

export async function addSchedule(options: AddScheduleOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const type = await getOrderType(options.type, context)
  if (type.risk === 'destructive' && !options.dryRun) requireConfirm(options.confirm, type.type, context)
  const { body } = await buildOrder(type, options, context)
  const { alertAfter } = options
  const schedule = await client.createSchedule({
    name: options.name,
    cron: options.cron,
    timeZone: options.timeZone,
    missedRuns: options.missedRuns === 'run-once' ? 'run_once' : options.missedRuns,
    alertAfterSec: alertAfter === undefined ? undefined : parseSpan(alertAfter, '--alert-after', t) / 1000,
    paused: options.paused,
    order: body,
  })
  out.answer(schedule, () => out.line(schedule.id))
  const next = schedule.nextRunAt && dateAndTime(schedule.nextRunAt, context)
  out.note(next ? t.schedules.added(schedule.name, next) : t.schedules.paused(schedule.name))
  return exitCodes.ok
}
