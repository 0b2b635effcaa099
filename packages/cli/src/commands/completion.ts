import type { Command } from 'commander'
import type { Cli, Context } from '../cli.ts'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { wordsOf } from '../completion/words.ts'
import { zshScript } from '../completion/zsh.ts'
import { exitCodes } from '../exit-codes.ts'
import { choiceArgument } from '../options.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }

export interface CompletionOptions {
  shell: keyof typeof scripts
}

export function completionCommand(cli: Cli): Command {
  const shells = Object.keys(scripts)
  const command = cli.command('completion').addArgument(choiceArgument('<shell>', cli.t.args.shell, shells, cli.t))
  return command.action(
    cli.local<CompletionOptions>((options, context) => completion(options, rootOf(command), context)),
  )
}

export async function completion({ shell }: CompletionOptions, root: Command, { io, out }: Context): Promise<number> {
  const script = scripts[shell](wordsOf(root))
  out.answer({ shell, script }, () => io.stdout.write(script))
  return exitCodes.ok
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command
}
