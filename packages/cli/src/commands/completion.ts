import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import type { Context } from '../command-context.ts'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { wordsOf } from '../completion/words.ts'
import { zshScript } from '../completion/zsh.ts'
import { exitCodes } from '../exit-codes.ts'
import { choiceArgument } from '../options.ts'
import { translated } from '../words.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }

export interface CompletionOptions {
  shell: keyof typeof scripts
}

export function completionCommand(cli: Cli): Command {
  const shells = Object.keys(scripts)
  const command = cli
    .command('completion', words)
    .addArgument(choiceArgument('<shell>', words[cli.language].args.shell, shells, cli.t))
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

const words = translated({
  en: {
    summary: 'Print a completion script for a shell',
    examples: [
      ['source <(ikoma completion bash)', 'bash, for this session'],
      ['ikoma completion fish > ~/.config/fish/completions/ikoma.fish', 'fish, for good'],
    ],
    args: { shell: 'shell to write for' },
  },
  fr: {
    summary: 'Afficher un script de complétion pour un shell',
    examples: [
      ['source <(ikoma completion bash)', 'bash, pour cette session'],
      ['ikoma completion fish > ~/.config/fish/completions/ikoma.fish', 'fish, pour de bon'],
    ],
    args: { shell: 'shell visé' },
  },
})
