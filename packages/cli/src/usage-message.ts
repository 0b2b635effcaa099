import type { CommanderError } from 'commander'
import type { Messages } from './messages/index.ts'

/** commander's own account of a usage error in the reader's language: its sentences are fixed, and quote what they are about. */
export function usageMessage({ code, message }: CommanderError, t: Messages): string {
  const [, suggestion = null] = /\(Did you mean (.*)\?\)/.exec(message) ?? []
  const [first = '', second = ''] = Array.from(message.matchAll(/'([^']*)'/g), ([, quoted = '']) => quoted)
  const told = tell(code, first, second, message, t)
  return suggestion ? `${told} ${t.usage.didYouMean(suggestion.replace('one of ', ''))}` : told
}

function tell(code: string, first: string, second: string, message: string, t: Messages): string {
  switch (code) {
    case 'commander.unknownCommand':
      return t.usage.unknownCommand(first)
    case 'commander.unknownOption':
      return t.usage.unknownOption(first)
    case 'commander.missingArgument':
      return t.usage.missingArgument(first)
    case 'commander.optionMissingArgument':
      return t.usage.missingValue(first)
    case 'commander.missingMandatoryOptionValue':
      return t.usage.missingOption(first)
    case 'commander.conflictingOption':
      return t.usage.conflict(first, second)
    case 'commander.excessArguments':
      return t.usage.excessArguments
    case 'commander.invalidArgument':
      return `${t.usage.invalidValue(first, second)} ${message.split('is invalid. ')[1] ?? ''}`.trim()
    default:
      return message.replace(/^error: /, '')
  }
}
