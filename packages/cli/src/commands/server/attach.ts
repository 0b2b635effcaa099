import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner, findServer } from '../../lookup.ts'
import { translated } from '../../words.ts'
import { runnerWords } from '../runner/runner-words.ts'
import { serverWords } from './server-words.ts'
import type { OneServerOptions } from './show.ts'

export interface AttachServerOptions extends OneServerOptions {
  runner?: string
  none?: boolean
}

export function attachServerCommand(cli: Cli): Command {
  return cli
    .command('attach', words)
    .argument('<server>', serverWords[cli.language].args.server)
    .argument('[runner]', runnerWords[cli.language].args.runner)
    .option('--none', words[cli.language].options.none)
    .action(cli.remote(attachServer))
}

export async function attachServer(options: AttachServerOptions, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  if ((options.runner === undefined) === !options.none) {
    throw new AppError('invalid', words[language].runnerOrNone, { reason: 'runner_or_none' })
  }
  const { id, name } = await findServer(options.server, context)
  const runner = options.runner === undefined ? null : await findRunner(options.runner, context)
  const server = await client.attachRunner(id, runner?.id ?? null)
  out.answer(server, () => {})
  out.note(runner ? serverWords[language].attached(name, runner.name) : words[language].detached(name))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: "Choose the runner that executes a server's orders",
    examples: [
      ['ikoma server attach web-1 web-1-runner', 'attach a runner'],
      ['ikoma server attach web-1 --none', 'detach the one it has'],
    ],
    options: { none: 'detach the runner it has' },
    detached: (name: string) => `"${name}" no longer has a runner.`,
    runnerOrNone: 'Name a runner, or give --none to detach the one it has.',
  },
  fr: {
    summary: 'Choisir le runner qui exécute les ordres d’un serveur',
    examples: [
      ['ikoma server attach web-1 web-1-runner', 'attacher un runner'],
      ['ikoma server attach web-1 --none', 'détacher le sien'],
    ],
    options: { none: 'détacher le sien' },
    detached: (name) => `« ${name} » n’a plus de runner.`,
    runnerOrNone: 'Nommez un runner, ou donnez --none pour détacher le sien.',
  },
})
