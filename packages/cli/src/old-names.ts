import { type Command, Option } from 'commander'
import type { Cli } from './cli.ts'
import { serverCommand } from './commands/server/index.ts'
import { wholeNumber } from './options.ts'
import type { Output } from './output.ts'
import { translated } from './words.ts'

type Tell = (was: string, is: string) => void

/**
 * What things were called before a server was the machine and nothing else. Each name works for one more version and
 * says what to type instead; no help and no completion has it.
 */
export function withOldNames(program: Command, cli: Cli, out: Output): Command {
  const tell: Tell = (was, is) => out.note({ text: words[cli.language].renamed(was, is), style: 'yellow' })
  for (const command of commandsOf(program)) if (hasOption(command, '--server')) addHostOption(command, tell)
  const server = program.commands.find((command) => command.name() === 'server')
  const host = serverCommand(cli).name('host')
  return program.addCommand(host, { hidden: true }).hook('preSubcommand', (_, chosen) => {
    if (chosen === host) tell('ikoma host', 'ikoma server')
    if (chosen !== server || !startsProcess(program.args)) return
    tell('ikoma server', 'ikoma serve')
    // Only now: a noun that acts by itself would take a misspelt verb for an argument too many.
    const port = new Option('--port <port>').argParser(wholeNumber(cli.t)).hideHelp()
    chosen.addOption(port).action(cli.local(cli.processes.startControlPlane))
  })
}

function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)]
}

function hasOption(command: Command, long: string): boolean {
  return command.options.some((option) => option.long === long)
}

function addHostOption(command: Command, tell: Tell): void {
  command.addOption(new Option('--host <server>').hideHelp().conflicts('server')).hook('preAction', () => {
    const { host } = command.opts()
    if (host === undefined) return
    tell('--host', '--server')
    command.setOptionValue('server', host).setOptionValue('host', undefined)
  })
}

/** What follows `ikoma`: `server` was the process, with no verb and one option. */
function startsProcess([, next]: readonly string[]): boolean {
  return next === undefined || next === '--port' || next.startsWith('--port=')
}

const words = translated({
  en: { renamed: (was: string, is: string) => `${was} is now ${is}. The old name goes with the next version.` },
  fr: { renamed: (was, is) => `${was} s’appelle désormais ${is}. L’ancien nom disparaît à la prochaine version.` },
})
