import type { RunnerResource, ServerResource } from '@ikoma/api'
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
  if (!runner) out.note(t.hosts.added(created.name))
  const host = runner ? await attachAdded(created, runner, context) : created
  out.answer(host, () => out.line(host.id))
  return exitCodes.ok
}

/** The host is there whatever comes of the runner: that is said before the refusal is. */
async function attachAdded(added: ServerResource, runner: RunnerResource, context: RemoteContext) {
  const { client, out, t } = context
  try {
    const host = await client.attachRunner(added.id, runner.id)
    out.note(t.hosts.attached(host.name, runner.name))
    return host
  } catch (error) {
    out.note(t.hosts.added(added.name))
    throw error
  }
}
