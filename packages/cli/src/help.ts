import { type Argument, Command, type CommanderError, Help, type Option } from 'commander'
import type { Io } from './io.ts'
import type { Messages } from './messages/index.ts'
import type { CommandWords } from './words.ts'

/** A command with its summary, details and examples. */
export function commandWithHelp(
  name: string,
  { summary, details, examples }: CommandWords,
  io: Io,
  t: Messages,
): Command {
  const lines = examples.flatMap(([line, says]) => [`  # ${says}`, `  ${line}`])
  return new Command(name)
    .summary(summary)
    .description(details ? `${summary}\n\n${details}` : summary)
    .addHelpText('after', ['', t.usage.titles.examples, ...lines].join('\n'))
    .helpOption('-h, --help', t.options.help)
    .helpCommand(false)
    .configureHelp(helpIn(t))
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      // runCommandLine reports every error itself.
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
    optionDescription: withChoices,
    argumentDescription: withChoices,
  }
}

function withChoices({ description, argChoices }: Option | Argument): string {
  return argChoices ? `${description} (${argChoices.join(', ')})` : description
}
