import type { Command } from 'commander'
import type { RemoteContext } from '../../cli.ts'
import { findHost, findRunner } from '../../lookup.ts'
import type { Messages } from '../../messages/index.ts'
import { collect } from '../../options.ts'
import { parseMoment } from '../../times.ts'

export interface OrderFilterOptions {
  status?: string[]
  type?: string
  host?: string
  runner?: string
  label?: string
  since?: string
}

export function addOrderFilters(command: Command, { options }: Messages): Command {
  return command
    .option('--status <status>', options.status, collect)
    .option('--type <type>', options.type)
    .option('--host <host>', options.hostFilter)
    .option('--runner <runner>', options.runnerFilter)
    .option('--label <key=value>', options.labelFilter)
    .option('--since <time>', options.since)
}

/** The filters as the API takes them, with names turned into ids. */
export async function orderFilters(options: OrderFilterOptions, context: RemoteContext) {
  return {
    status: options.status?.map((status) => status.toUpperCase().replaceAll('-', '_')).join(','),
    type: options.type,
    serverId: options.host && (await findHost(options.host, context)).id,
    runnerId: options.runner && (await findRunner(options.runner, context)).id,
    label: options.label,
    since: options.since && parseMoment(options.since, '--since', 'past', context),
  }
}
