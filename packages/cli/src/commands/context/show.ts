import type { Command } from 'commander'
import type { Cli, Context, GlobalOptions } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findControlPlane } from '../../find-control-plane.ts'

export function showContextCommand(cli: Cli): Command {
  return cli.command('context show').action(cli.local(showContext))
}

/** Which control plane the next command would speak to, and why. */
export async function showContext(options: GlobalOptions, context: Context): Promise<number> {
  const { out, t } = context
  const found = await findControlPlane(options, context)
  const credential = found.credential?.kind ?? null
  out.answer({ ...found, credential }, () => {
    out.fields([
      [t.columns.address, { text: found.url, style: 'bold' }],
      [t.columns.chosenBy, t.contexts.source[found.source]],
      [t.columns.context, found.context],
      [t.columns.credential, credential ?? t.words.none],
    ])
  })
  return exitCodes.ok
}
