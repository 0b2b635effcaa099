import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { dateAndTime, parseSpan } from '../../times.ts'
import type { OneRunnerOptions } from './show.ts'

export interface RotateRunnerOptions extends OneRunnerOptions {
  overlap?: string
}

export function rotateRunnerCommand(cli: Cli): Command {
  return cli
    .command('runner rotate')
    .argument('<runner>', cli.t.args.runner)
    .option('--overlap <duration>', cli.t.options.overlap)
    .action(cli.remote(rotateRunner))
}

export async function rotateRunner(options: RotateRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const overlap = options.overlap === undefined ? {} : { overlapSec: parseSpan(options.overlap, '--overlap', t) / 1000 }
  const { id, name } = await findRunner(options.runner, context)
  const rotated = await client.rotateRunnerToken(id, overlap)
  out.answer(rotated, () => out.line(rotated.token))
  out.note(t.runners.rotated(name, dateAndTime(rotated.previousTokenExpiresAt, context)))
  return exitCodes.ok
}
