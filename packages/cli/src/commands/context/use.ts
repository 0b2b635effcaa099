import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { getContext, readContexts, writeContexts } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'
import { describeContext } from './list.ts'

export interface OneContextOptions {
  name: string
}

export function useContextCommand(cli: Cli): Command {
  return cli.command('use', words).argument('<name>', cli.t.args.context).action(cli.local(useContext))
}

export async function useContext({ name }: OneContextOptions, context: Context): Promise<number> {
  const contexts = await readContexts(context)
  const stored = getContext(contexts, name, context)
  await writeContexts({ ...contexts, current: name }, context)
  context.out.answer(describeContext(name, stored, name), () => {})
  context.out.note(words[context.language].used(name, stored.url))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Choose the current context',
    examples: [
      ['ikoma context use prod', 'from now on'],
      ['ikoma runner list --context prod', 'for one command only'],
    ],
    used: (name: string, url: string) => `Commands now go to "${name}" (${url}).`,
  },
  fr: {
    summary: 'Choisir le contexte courant',
    examples: [
      ['ikoma context use prod', 'à partir de maintenant'],
      ['ikoma runner list --context prod', 'pour une seule commande'],
    ],
    used: (name, url) => `Les commandes vont désormais à « ${name} » (${url}).`,
  },
})
