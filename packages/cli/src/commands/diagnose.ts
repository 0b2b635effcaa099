import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../cli.ts'
import { wholeNumber } from '../options.ts'
import { parseSpan } from '../times.ts'
import { createOrder } from './order/create.ts'
import type { TargetOptions } from './order/target.ts'

export interface DiagnoseOptions extends Pick<TargetOptions, 'runner' | 'host'> {
  unit?: string
  port?: number
  domain?: string
  address?: string
  sqlite?: string
  compose?: string
  pm2?: string
  pm2User?: string
  since?: string
}

export function diagnoseCommand(cli: Cli): Command {
  const { args, options } = cli.t
  return cli
    .command('diagnose')
    .argument('[unit]', args.unit)
    .option('--runner <runner>', options.runner)
    .option('--host <host>', options.host)
    .option('--port <port>', options.appPort, wholeNumber(cli.t))
    .option('--domain <name>', options.domain)
    .option('--address <url>', options.address)
    .option('--sqlite <path>', options.sqlite)
    .option('--compose <path>', options.compose)
    .option('--pm2 <name>', options.pm2)
    .option('--pm2-user <user>', options.pm2User)
    .option('--since <duration>', options.logsSince)
    .action(cli.remote(diagnose))
}

/** An order of the type `diagnose.run`, without having to know its payload. */
export function diagnose(options: DiagnoseOptions, context: RemoteContext): Promise<number> {
  const { runner, host, since, address, sqlite, compose, pm2, unit, port, domain, pm2User } = options
  const sinceMin = since === undefined ? undefined : Math.ceil(parseSpan(since, '--since', context.t) / 60_000)
  const app = { sqlitePath: sqlite, composeFile: compose, pm2Name: pm2, pm2User }
  // What was not given is left out of JSON.
  const payload = JSON.stringify({ unit, port, domain, url: address, ...app, sinceMin })
  return createOrder({ type: 'diagnose.run', payload, ...(runner && { runner }), ...(host && { host }) }, context)
}
