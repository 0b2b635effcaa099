import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { wholeNumber } from '../options.ts'

export interface ServerOptions {
  port?: number
}

export function serverCommand(cli: Cli): Command {
  return cli
    .command('server')
    .option('--port <port>', cli.t.options.port, wholeNumber(cli.t))
    .action(cli.local(cli.compose.startServer))
}
