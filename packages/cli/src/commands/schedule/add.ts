import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { choiceOption } from '../../options.ts'
import { dateAndTime, parseSpan } from '../../times.ts'
import { translated } from '../../words.ts'
import { addOrderOptions, buildOrder, getOrderType, type OrderOptions } from '../order/order-options.ts'
import { orderWords } from '../order/order-words.ts'
import { scheduleWords } from './schedule-words.ts'

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
  const { options } = words[cli.language]
  const { t } = cli
  const command = cli
    .command('add', words)
    .argument('<name>', t.args.name)
    .argument('<type>', orderWords[cli.language].args.type)
    .requiredOption('--cron <expression>', options.cron)
    .option('--time-zone <zone>', options.timeZone)
    .addOption(choiceOption('--missed-runs <policy>', options.missedRuns, ['skip', 'run-once'], t))
    .option('--alert-after <duration>', options.alertAfter)
    .option('--paused', options.paused)
    .option('--confirm <type>', orderWords[cli.language].options.confirm)
  return addOrderOptions(command, cli).action(cli.remote(addSchedule))
}

export async function addSchedule(options: AddScheduleOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
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
  out.note(next ? words[language].added(schedule.name, next) : scheduleWords[language].paused(schedule.name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Place an order by the clock',
    details: 'Takes the same options as `ikoma order create`.',
    examples: [
      [
        "ikoma schedule add nightly runner.selftest --cron '0 3 * * *' --time-zone Europe/Paris",
        'every night at three',
      ],
      [
        "ikoma schedule add site check.http.run --cron '*/5 * * * *' --set url=https://example.org",
        'every five minutes',
      ],
    ],
    options: {
      cron: 'when to run, as five cron fields',
      timeZone: 'IANA time zone of the cron fields',
      missedRuns: 'what to do with runs that were missed',
      alertAfter: 'raise an alert after this long without a run',
      paused: 'create it paused',
    },
    added: (name: string, next: string) => `Schedule "${name}" runs next at ${next}.`,
  },
  fr: {
    summary: 'Faire passer un ordre par l’horloge',
    details: 'Prend les mêmes options que `ikoma order create`.',
    examples: [
      [
        "ikoma schedule add nightly runner.selftest --cron '0 3 * * *' --time-zone Europe/Paris",
        'chaque nuit à trois heures',
      ],
      [
        "ikoma schedule add site check.http.run --cron '*/5 * * * *' --set url=https://example.org",
        'toutes les cinq minutes',
      ],
    ],
    options: {
      cron: 'quand, en cinq champs cron',
      timeZone: 'fuseau IANA des champs cron',
      missedRuns: 'que faire des exécutions manquées',
      alertAfter: 'alerter après cette durée sans exécution',
      paused: 'la créer en pause',
    },
    added: (name, next) => `La planification « ${name} » s’exécute la prochaine fois le ${next}.`,
  },
})
