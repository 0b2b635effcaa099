import { createClient } from '@ikoma/api'
import { fetchBelieving } from '@ikoma/kernel/node'
import { Command } from 'commander'
import type { Action, Cli, GlobalOptions, RemoteContext, Run } from './cli.ts'
import type { Context } from './command-context.ts'
import { auditCommand } from './commands/audit/index.ts'
import { completionCommand } from './commands/completion.ts'
import { contextCommand } from './commands/context/index.ts'
import { controlPlaneCommand } from './commands/control-plane/index.ts'
import { diagnoseCommand } from './commands/diagnose.ts'
import { doctorCommand } from './commands/doctor.ts'
import { executorCommand } from './commands/executor.ts'
import { orderCommand } from './commands/order/index.ts'
import { policyCommand } from './commands/policy/index.ts'
import { runnerCommand } from './commands/runner/index.ts'
import { scheduleCommand } from './commands/schedule/index.ts'
import { secretCommand } from './commands/secret/index.ts'
import { serveCommand } from './commands/serve.ts'
import { serverCommand } from './commands/server/index.ts'
import { tokenCommand } from './commands/token/index.ts'
import { upCommand } from './commands/up.ts'
import { findControlPlane } from './find-control-plane.ts'
import { commandWithHelp } from './help.ts'
import type { Io } from './io.ts'
import { type Language, languageOf, languages, type Messages, messagesIn } from './messages/index.ts'
import { withOldNames } from './old-names.ts'
import { choiceOption } from './options.ts'
import { createOutput } from './output.ts'
import type { Processes } from './processes/processes.ts'
import { reportError } from './report-error.ts'
import { version } from './version.ts'
import { translated } from './words.ts'

export interface Environment {
  io: Io
  processes: Processes
}

/** Runs one command line (without `node` and the script) and gives its exit code; never rejects. */
export async function runCommandLine(argv: readonly string[], { io, processes }: Environment): Promise<number> {
  const language = languageOf(argv, io.env)
  const t = messagesIn(language)
  const out = createOutput(io, false)
  let exitCode = 0
  const cli = createCli({ io, processes, t, language, finish: (code) => (exitCode = code) })
  try {
    await withOldNames(buildProgram(cli), cli, out).parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return reportError(error, { io, out, t, language })
  }
}

/** The tree of commands. */
export function buildProgram(cli: Cli): Command {
  const { t, language } = cli
  const { options, exitCodes } = words[language]
  return cli
    .command('ikoma', words)
    .helpCommand(`help [${t.usage.words.command}]`, options.helpCommand)
    .version(version, '-V, --version', options.version)
    .option('--url <url>', options.url)
    .option('--context <name>', options.context)
    .option('--ca <file>', options.ca)
    .option('--json', options.json)
    .addOption(choiceOption('--lang <language>', options.lang, languages, t))
    .addHelpText('after', `\n${exitCodes}`)
    .addCommand(upCommand(cli))
    .addCommand(serveCommand(cli))
    .addCommand(orderCommand(cli))
    .addCommand(diagnoseCommand(cli))
    .addCommand(runnerCommand(cli))
    .addCommand(policyCommand(cli))
    .addCommand(serverCommand(cli))
    .addCommand(scheduleCommand(cli))
    .addCommand(secretCommand(cli))
    .addCommand(tokenCommand(cli))
    .addCommand(auditCommand(cli))
    .addCommand(controlPlaneCommand(cli))
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

export function createCli({ io, processes, t, language, finish }: CliParts): Cli {
  const contextFor = (options: GlobalOptions): Context => ({
    io,
    out: createOutput(io, options.json ?? false),
    t,
    language,
  })
  return {
    t,
    language,
    processes,
    command: (name, words) => commandWithHelp(name, words[language], io, t),
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
        finish(
          await run(options, {
            ...context,
            controlPlane,
            client: createClient({ ...controlPlane, fetch: fetchBelieving(controlPlane.ca) }),
          }),
        )
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

const words = translated({
  en: {
    summary: 'Control servers: place orders, follow them, prove how they ended.',
    examples: [
      ['ikoma up', 'start a control plane and a runner on this machine'],
      ['ikoma order create runner.selftest', 'have the runner examine itself'],
    ],
    options: {
      version: 'show the version',
      helpCommand: 'show the help of a command',
      url: 'address of the control plane',
      context: 'kept context to use',
      ca: "authorities to believe besides the system's (PEM)",
      json: 'one JSON document on standard output',
      lang: 'language',
    },
    exitCodes:
      'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the plan has changes, 4 not signed in,\n' +
      '5 refused (scope, policy, approval), 6 timeout or unknown outcome, 130 interrupted.',
  },
  fr: {
    summary: 'Piloter des serveurs : passer des ordres, les suivre, prouver comment ils ont fini.',
    examples: [
      ['ikoma up', 'démarrer un plan de contrôle et un runner sur cette machine'],
      ['ikoma order create runner.selftest', 'demander au runner de s’examiner'],
    ],
    options: {
      version: 'afficher la version',
      helpCommand: 'afficher l’aide d’une commande',
      url: 'adresse du plan de contrôle',
      context: 'contexte enregistré à utiliser',
      ca: 'autorités à croire en plus de celles du système (PEM)',
      json: 'un document JSON sur la sortie standard',
      lang: 'langue',
    },
    exitCodes:
      'Codes de sortie : 0 fait, 1 échec, 2 mauvaise utilisation, 3 le plan contient des changements, 4 non authentifié,\n' +
      '5 refusé (portée, politique, approbation), 6 délai dépassé ou issue inconnue, 130 interrompu.',
  },
})
