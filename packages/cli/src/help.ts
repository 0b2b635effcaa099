import { Command, type CommanderError, Help, type Option } from 'commander'
import type { Io } from './io.ts'
import type { CommandPath, Messages } from './messages/index.ts'

/** A command with its summary, details and examples. */
export function commandWithHelp(path: CommandPath, io: Io, t: Messages): Command {
  const { summary, details, examples } = t.help[path]
  const lines = examples.flatMap(([line, says]) => [`  # ${says}`, `  ${line}`])
  const after = ['', t.usage.titles.examples, ...lines, ...(path === 'ikoma' ? ['', t.usage.exitCodes] : [])]
  return new Command(path.split(' ').at(-1))
    .summary(summary)
    .description(details ? `${summary}\n\n${details}` : summary)
    .addHelpText('after', after.join('\n'))
    .helpOption('-h, --help', t.options.help)
    .helpCommand(false)
    .configureHelp(helpIn(t))
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      // runProgram reports every error itself.
      outputError: () => {},
    })
    .exitOverride((error: CommanderError) => {
      throw error
    })
}

/** commander's help in the reader's language. */
function helpIn(t: Messages): Partial<Help> {
  const titles: Record<string, string> = t.usage.titles
  const words = (text: string) =>
    text.replace('[options]', `[${t.usage.words.options}]`).replace('[command]', `[${t.usage.words.command}]`)
  const standard = new Help()
  return {
    showGlobalOptions: true,
    styleTitle: (title) => titles[title] ?? title,
    commandUsage: (command) => words(standard.commandUsage(command)),
    subcommandTerm: (command) => words(standard.subcommandTerm(command)),
    optionDescription: ({ description, argChoices }: Option) =>
      argChoices ? `${description} (${argChoices.join(', ')})` : description,
  }
}
