import { createClient } from '@ikoma/api'
import { Command } from 'commander'
import type { Action, Cli, Context, GlobalOptions, RemoteContext, Run } from './cli.ts'
import { auditCommand } from './commands/audit/index.ts'
import { completionCommand } from './commands/completion.ts'
import { contextCommand } from './commands/context/index.ts'
import { diagnoseCommand } from './commands/diagnose.ts'
import { doctorCommand } from './commands/doctor.ts'
import { executorCommand } from './commands/executor.ts'
import { orderCommand } from './commands/order/index.ts'
import { runnerCommand } from './commands/runner/index.ts'
import { scheduleCommand } from './commands/schedule/index.ts'
import { serverCommand } from './commands/serve.ts'
import { hostCommand } from './commands/server/index.ts'
import { tokenCommand } from './commands/token/index.ts'
import { upCommand } from './commands/up.ts'
import { findControlPlane } from './find-control-plane.ts'
import { commandWithHelp } from './help.ts'
import type { Io } from './io.ts'
import { type Language, languageOf, languages, type Messages, messagesIn } from './messages/index.ts'
import { choiceOption } from './options.ts'
import { createOutput } from './output.ts'
import type { Compose } from './processes/processes.ts'
import { reportError } from './report-error.ts'
import { version } from './version.ts'

export interface Environment {
  io: Io
  compose: Compose
}

/** Runs one command line (without `node` and the script) and gives its exit code; never rejects. */
export async function runProgram(argv: readonly string[], { io, compose }: Environment): Promise<number> {
  const language = languageOf(argv, io.env)
  const t = messagesIn(language)
  let exitCode = 0
  const cli = createCli({ io, compose, t, language, finish: (code) => (exitCode = code) })
  try {
    await buildProgram(cli).parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return reportError(error, { io, out: createOutput(io, false), t })
  }
}

/** The tree of commands. */
export function buildProgram(cli: Cli): Command {
  const { t } = cli
  return cli
    .command('ikoma')
    .helpCommand(`help [${t.usage.words.command}]`, t.options.helpCommand)
    .version(version, '-V, --version', t.options.version)
    .option('--url <url>', t.options.url)
    .option('--context <name>', t.options.context)
    .option('--json', t.options.json)
    .addOption(choiceOption('--lang <language>', t.options.lang, languages, t))
    .addCommand(upCommand(cli))
    .addCommand(serverCommand(cli))
    .addCommand(orderCommand(cli))
    .addCommand(diagnoseCommand(cli))
    .addCommand(runnerCommand(cli))
    .addCommand(hostCommand(cli))
    .addCommand(scheduleCommand(cli))
    .addCommand(tokenCommand(cli))
    .addCommand(auditCommand(cli))
    .addCommand(contextCommand(cli))
    .addCommand(doctorCommand(cli))
    .addCommand(completionCommand(cli))
    .addCommand(executorCommand(cli), { hidden: true })
}

interface CliParts extends Environment {
  t: Messages
  language: Language
  finish(exitCode: number): void
}

export function createCli({ io, compose, t, language, finish }: CliParts): Cli {
  const contextFor = (options: GlobalOptions): Context => ({
    io,
    out: createOutput(io, options.json ?? false),
    t,
    language,
  })
  return {
    t,
    compose,
    command: (path) => commandWithHelp(path, io, t),
    local: <O>(run: Run<O, Context>): Action => {
      return async (...args) => {
        const options = optionsOf<O & GlobalOptions>(args)
        finish(await run(options, contextFor(options)))
      }
    },
    remote: <O>(run: Run<O, RemoteContext>): Action => {
      return async (...args) => {
        const options = optionsOf<O & GlobalOptions>(args)
        const context = contextFor(options)
        const controlPlane = await findControlPlane(options, context)
        finish(await run(options, { ...context, controlPlane, client: createClient(controlPlane) }))
      }
    },
  }
}

/** A command's options and arguments by name: what commander hands to an action, as one plain object. */
export function optionsOf<O>(args: unknown[]): O {
  const command = args.at(-1)
  if (!(command instanceof Command)) throw new TypeError('commander passes the command last')
  const named = command.registeredArguments.map((argument, index) => [argument.name(), command.processedArgs[index]])
  return { ...command.optsWithGlobals(), ...Object.fromEntries(named) } as O
}
