import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { getContext, readContexts, writeContexts } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'
import { describeContext } from './list.ts'
import type { OneContextOptions } from './use.ts'

export function removeContextCommand(cli: Cli): Command {
  return cli.command('remove', words).argument('<name>', cli.t.args.context).action(cli.local(removeContext))
}

/** Forgets an address and its credential on this machine; the control plane is not touched. */
export async function removeContext({ name }: OneContextOptions, context: Context): Promise<number> {
  const kept = await readContexts(context)
  const removed = getContext(kept, name, context)
  const { [name]: _, ...contexts } = kept.contexts
  await writeContexts({ current: kept.current === name ? null : kept.current, contexts }, context)
  context.out.answer(describeContext(name, removed, kept.current), () => {})
  context.out.note(context.t.words.removed(context.t.nouns.context, name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Forget a control plane and its credential',
    examples: [
      ['ikoma context remove prod', 'forget it'],
      ['ikoma context remove prod --json', 'what was forgotten, as JSON'],
    ],
  },
  fr: {
    summary: 'Oublier un plan de contrôle et son accès',
    examples: [
      ['ikoma context remove prod', 'l’oublier'],
      ['ikoma context remove prod --json', 'ce qui a été oublié, en JSON'],
    ],
  },
})
