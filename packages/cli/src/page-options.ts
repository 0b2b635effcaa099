import type { Command } from 'commander'
import type { Context } from './cli.ts'
import { wholeNumber } from './options.ts'

export function addPageOptions(command: Command, t: Context['t']): Command {
  return command
    .option('--limit <number>', t.options.limit, wholeNumber(t))
    .option('--cursor <cursor>', t.options.cursor)
    .option('--all', t.options.all)
}

export function noteMore(next: string | null, { out, t }: Context): void {
  if (next !== null) out.note({ text: t.empty.more(next), style: 'dim' })
}
