import type { CommanderError } from 'commander'
import type { Messages } from './messages/index.ts'

type Tell = (first: string, second: string) => string

/** commander's own account of a usage error in the reader's language: its sentences are fixed, and quote what they are about. */
export function usageMessage({ code, message }: CommanderError, t: Messages): string {
  const { usage } = t
  const said: Record<string, Tell> = {
    'commander.unknownCommand': usage.unknownCommand,
    'commander.unknownOption': usage.unknownOption,
    'commander.missingArgument': usage.missingArgument,
    'commander.optionMissingArgument': usage.missingValue,
    'commander.missingMandatoryOptionValue': usage.missingOption,
    'commander.conflictingOption': usage.conflict,
    'commander.excessArguments': () => usage.excessArguments,
    // What follows was said by our own parser, in the reader's language.
    'commander.invalidArgument': (option, value) =>
      `${usage.invalidValue(option, value)} ${message.split('is invalid. ')[1] ?? ''}`.trim(),
  }
  const [first = '', second = ''] = Array.from(message.matchAll(/'([^']*)'/g), ([, quoted = '']) => quoted)
  const told = said[code]?.(first, second) ?? message.replace(/^error: /, '')
  const [, suggestion] = /\(Did you mean (.*)\?\)/.exec(message) ?? []
  return suggestion ? `${told} ${usage.didYouMean(suggestion.replace('one of ', ''))}` : told
}
