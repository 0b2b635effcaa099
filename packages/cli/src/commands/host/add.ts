import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { collect } from '../../options.ts'

export interface AddHostOptions {
  name: string
  baseUrl?: string
  tag?: string[]
  runner?: string
}

export function addHostCommand(cli: Cli): Command {
  const { options } = cli.t
  return cli
    .command('host add')
    .argument('<name>', cli.t.args.name)
    .option('--base-url <url>', options.baseUrl)
    .option('--tag <tag>', options.tag, collect)
    .option('--runner <runner>', options.hostRunner)
    .action(cli.remote(addHost))
}

export async function addHost(options: AddHostOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const runner = options.runner === undefined ? null : await findRunner(options.runner, context)
  const created = await client.createServer({ name: options.name, baseUrl: options.baseUrl, tags: options.tag })
  const host = runner ? await client.attachRunner(created.id, runner.id) : created
  out.answer(host, () => out.line(host.id))
  out.note(runner ? t.hosts.attached(host.name, runner.name) : t.hosts.added(host.name))
  return exitCodes.ok
}
