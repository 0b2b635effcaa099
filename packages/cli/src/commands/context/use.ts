import type { Command } from 'commander'
import type { Cli, Context } from '../../cli.ts'
import { getContext, readContexts, writeContexts } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { describeContext } from './list.ts'

export interface OneContextOptions {
  name: string
}

export function useContextCommand(cli: Cli): Command {
  return cli.command('context use').argument('<name>', cli.t.args.context).action(cli.local(useContext))
}

export async function useContext({ name }: OneContextOptions, context: Context): Promise<number> {
  const contexts = await readContexts(context)
  const stored = getContext(contexts, name, context)
  await writeContexts({ ...contexts, current: name }, context)
  context.out.answer(describeContext(name, stored, name), () => {})
  context.out.note(context.t.contexts.used(name, stored.url))
  return exitCodes.ok
}
