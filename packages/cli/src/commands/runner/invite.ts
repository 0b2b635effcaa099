import { type Command, Option } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { findHost } from '../../lookup.ts'
import { isLoopback } from '../../loopback.ts'
import { collect, wholeNumber } from '../../options.ts'
import { shellQuote } from '../../shell-quote.ts'
import { timeOfDay } from '../../times.ts'

export interface InviteRunnerOptions {
  name?: string
  host?: string
  /** The API's word for a host. */
  server?: string
  scope?: string[]
  concurrency?: number
  /** Address of the control plane as the new runner's machine reaches it. */
  publicUrl?: string
}

export function inviteRunnerCommand(cli: Cli): Command {
  const { options } = cli.t
  return cli
    .command('runner invite')
    .option('--name <name>', options.runnerName)
    .option('--host <host>', options.inviteHost)
    .addOption(new Option('--server <host>', options.inviteHost).hideHelp().conflicts('host'))
    .option('--scope <scope>', options.inviteScope, collect)
    .option('--concurrency <number>', options.concurrency, wholeNumber(cli.t))
    .option('--public-url <url>', options.publicUrl)
    .action(cli.remote(inviteRunner))
}

export async function inviteRunner(options: InviteRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, controlPlane } = context
  const url = options.publicUrl ? parseUrl(options.publicUrl, '--public-url', t) : controlPlane.url
  const host = options.host ?? options.server
  const enrolment = await client.createEnrolment({
    name: options.name,
    serverId: host && (await findHost(host, context)).id,
    scopes: options.scope,
    concurrency: options.concurrency,
  })
  const how = `--url ${shellQuote(url)} --token ${shellQuote(enrolment.token)}`
  out.answer(enrolment, () => {
    out.line(`ikoma runner enrol ${how} && ikoma runner run`)
  })
  out.note(t.runners.invited(enrolment.scopes.join(', '), timeOfDay(enrolment.expiresAt, context)))
  if (!out.json) out.note(t.runners.orInstall(`ikoma runner install ${how}`))
  if (isLoopback(url)) out.note({ text: t.runners.loopback(url), style: 'yellow' })
  return exitCodes.ok
}
