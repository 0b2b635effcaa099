import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, findHost } from '../../lookup.ts'
import { dateAndTime } from '../../times.ts'

export interface OneHostOptions {
  host: string
}

export function showHostCommand(cli: Cli): Command {
  return cli.command('host show').argument('<host>', cli.t.args.host).action(cli.remote(showHost))
}

export async function showHost(options: OneHostOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const host = await findHost(options.host, context)
  const runner = host.runnerId ? await createNames(client).runner(host.runnerId) : null
  out.answer(host, () => {
    out.fields([
      [t.columns.id, host.id],
      [t.columns.name, { text: host.name, style: 'bold' }],
      [t.columns.runner, runner ?? t.words.none],
      [t.columns.address, host.baseUrl],
      [t.columns.tags, host.tags.length > 0 ? host.tags.join(', ') : null],
      [t.columns.created, dateAndTime(host.createdAt, context)],
    ])
  })
  if (!runner) out.note(t.hosts.added(host.name))
  return exitCodes.ok
}
