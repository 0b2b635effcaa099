import { Argument, InvalidArgumentError, Option } from 'commander'
import type { Messages } from './messages/index.ts'

/** An option whose value is one of `choices`. */
export function choiceOption(flags: string, description: string, choices: readonly string[], t: Messages): Option {
  return new Option(flags, description).choices(choices).argParser(oneOf(choices, t))
}

export function choiceArgument(name: string, description: string, choices: readonly string[], t: Messages): Argument {
  return new Argument(name, description).choices(choices).argParser(oneOf(choices, t))
}

function oneOf(choices: readonly string[], t: Messages): (value: string) => string {
  return (value) => {
    if (!choices.includes(value)) throw new InvalidArgumentError(t.usage.allowed(choices))
    return value
  }
}

export function wholeNumber(t: Messages): (value: string) => number {
  return (value) => {
    if (!/^-?\d{1,9}$/.test(value)) throw new InvalidArgumentError(t.usage.wholeNumber)
    return Number(value)
  }
}

/** For an option that may be given several times, or take several values separated by commas. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, ...value.split(',').filter((part) => part !== '')]
}

/** For an option that may be given several times and whose value may hold commas. */
export function collectWhole(value: string, previous: string[] = []): string[] {
  return [...previous, value]
}
