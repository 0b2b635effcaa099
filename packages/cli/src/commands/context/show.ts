import type { Command } from 'commander'
import type { Cli, GlobalOptions } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findControlPlane } from '../../find-control-plane.ts'
import { translated } from '../../words.ts'

export function showContextCommand(cli: Cli): Command {
  return cli.command('show', words).action(cli.local(showContext))
}

/** Which control plane the next command would speak to, and why. */
export async function showContext(options: GlobalOptions, context: Context): Promise<number> {
  const { out, t } = context
  const found = await findControlPlane(options, context)
  const credential = found.credential?.kind ?? null
  const { ca, ...shown } = found
  out.answer({ ...shown, credential, ...(ca !== null && { ownAuthority: true }) }, () => {
    out.fields([
      [t.columns.address, { text: found.url, style: 'bold' }],
      [t.columns.chosenBy, t.contexts.source[found.source]],
      [t.columns.context, found.context],
      [t.columns.credential, credential ?? t.words.none],
    ])
  })
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Show which control plane a command would speak to, and why',
    examples: [
      ['ikoma context show', 'as things are'],
      ['ikoma context show --context prod', 'with an option'],
    ],
  },
  fr: {
    summary: 'Montrer à quel plan de contrôle une commande s’adresserait, et pourquoi',
    examples: [
      ['ikoma context show', 'dans l’état actuel'],
      ['ikoma context show --context prod', 'avec une option'],
    ],
  },
})
