import type { CommanderError } from 'commander'
import type { Messages } from './messages/index.ts'

type Tell = (first: string, second: string) => string

/** commander's sentences. What they quote may hold quotes itself, so each is read from both its ends. */
const sentences: Record<string, RegExp> = {
  'commander.unknownCommand': /^error: unknown command '(.*)'$/s,
  'commander.unknownOption': /^error: unknown option '(.*)'$/s,
  'commander.missingArgument': /^error: missing required argument '(.*)'$/s,
  'commander.optionMissingArgument': /^error: option '(.*)' argument missing$/s,
  'commander.missingMandatoryOptionValue': /^error: required option '(.*)' not specified$/s,
  'commander.conflictingOption': /^error: option '(.*)' cannot be used with option '(.*)'$/s,
  'commander.excessArguments': /^error: too many arguments/,
}
const invalidOption = /^error: option '(?<name>[^']*)' argument '(?<value>.*)' is invalid\.(?<hint>.*)$/s
const invalidArgument =
  /^error: command-argument value '(?<value>.*)' is invalid for argument '(?<name>[^']*)'\.(?<hint>.*)$/s
const suggested = /\n\(Did you mean (?:one of )?([^\n]*)\?\)$/

/** commander's own account of a usage error in the reader's language. */
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
  }
  if (code === 'commander.invalidArgument') return invalidMessage(message, t)
  const [, suggestion] = suggested.exec(message) ?? []
  const [, first = '', second = ''] = sentences[code]?.exec(message.replace(suggested, '')) ?? []
  const told = said[code]?.(first, second) ?? message.replace(/^error: /, '')
  return suggestion ? `${told} ${usage.didYouMean(suggestion)}` : told
}

/** What follows was said by our own parser, in the reader's language, or is commander's list of choices. */
function invalidMessage(message: string, { usage }: Messages): string {
  const {
    name = '',
    value = '',
    hint = '',
  } = (invalidOption.exec(message) ?? invalidArgument.exec(message))?.groups ?? {}
  const [, choices] = /^Allowed choices are (.*)\.$/s.exec(hint.trim()) ?? []
  const about = invalidOption.test(message) ? name : `<${name}>`
  const why = choices === undefined ? hint.trim() : usage.allowed(choices.split(', '))
  return `${usage.invalidValue(about, value)} ${why}`.trim()
}
