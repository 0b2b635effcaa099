import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { wholeNumber } from '../options.ts'

export interface UpOptions {
  port?: number
}

/** A control plane and a runner in one process: what a first visit and a small installation need. */
export function upCommand(cli: Cli): Command {
  return cli
    .command('up')
    .option('--port <port>', cli.t.options.port, wholeNumber(cli.t))
    .action(cli.local(cli.compose.startUp))
}
