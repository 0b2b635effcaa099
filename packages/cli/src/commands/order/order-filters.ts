import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { findRunner, findServer } from '../../lookup.ts'
import { collect } from '../../options.ts'
import { parseMoment } from '../../times.ts'
import { translated } from '../../words.ts'

export interface OrderFilterOptions {
  status?: string[]
  type?: string
  server?: string
  runner?: string
  label?: string
  since?: string
}

export function addOrderFilters(command: Command, { language }: Pick<Cli, 'language'>): Command {
  const { options } = words[language]
  return command
    .option('--status <status>', options.status, collect)
    .option('--type <type>', options.type)
    .option('--server <server>', options.server)
    .option('--runner <runner>', options.runner)
    .option('--label <key=value>', options.label)
    .option('--since <time>', options.since)
}

/** The filters as the API takes them, with names turned into ids. */
export async function orderFilters(options: OrderFilterOptions, context: RemoteContext) {
  return {
    status: options.status?.map((status) => status.toUpperCase().replaceAll('-', '_')).join(','),
    type: options.type,
    serverId: options.server && (await findServer(options.server, context)).id,
    runnerId: options.runner && (await findRunner(options.runner, context)).id,
    label: options.label,
    since: options.since && parseMoment(options.since, '--since', 'past', context),
  }
}

const words = translated({
  en: {
    options: {
      status: 'only these statuses, such as QUEUED,RUNNING',
      type: 'only this order type',
      server: 'only orders for this server',
      runner: 'only orders of this runner',
      label: 'only orders with this label',
      since: 'only newer ones: a time, or a duration back from now',
    },
  },
  fr: {
    options: {
      status: 'seulement ces états, comme QUEUED,RUNNING',
      type: 'seulement ce type d’ordre',
      server: 'seulement les ordres de ce serveur',
      runner: 'seulement les ordres de ce runner',
      label: 'seulement les ordres qui ont cette étiquette',
      since: 'seulement les plus récents : une date, ou une durée avant maintenant',
    },
  },
})
