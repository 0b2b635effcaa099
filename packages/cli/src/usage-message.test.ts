import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Command, CommanderError, type Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { type Language, languages, messagesIn } from './messages/index.ts'
import { buildProgram, createCli } from './program.ts'
import { createWorld } from './testing/world.ts'
import { usageMessage } from './usage-message.ts'

const quoted = 'l’« a », d\'"b"'

function tree(language: Language): Command {
  const { io, processes } = createWorld()
  return buildProgram(createCli({ io, processes, t: messagesIn(language), language, finish: () => {} }))
}

function everyCommand(command: Command, path: string[] = []): { command: Command; path: string[] }[] {
  return [{ command, path }, ...command.commands.flatMap((sub) => everyCommand(sub, [...path, sub.name()]))]
}

/** What makes an option complete on a command line. */
function given({ long, required, optional, argChoices }: Option): string[] {
  return required || optional ? [long ?? '', argChoices?.[0] ?? '1'] : [long ?? '']
}

/** A wrong line for each thing that commander says of this command, and what is expected to be said. */
function mistakes(command: Command, language: Language): [line: string[], said: string][] {
  const { usage } = messagesIn(language)
  const all = [...command.options, ...(command.parent?.options ?? [])]
  const mandatory = command.options.filter((option) => option.mandatory)
  const args = command.registeredArguments.map((argument) => argument.argChoices?.[0] ?? '1')
  const complete = [...mandatory.flatMap(given), ...args]
  const lines: [string[], string][] = [
    [[...mandatory.flatMap(given), '--no-such-thing'], usage.unknownOption('--no-such-thing')],
  ]
  for (const option of command.options) {
    if (option.required) lines.push([[...complete, option.long ?? ''], usage.missingValue(option.flags)])
    if (option.argChoices) {
      const said = `${usage.invalidValue(option.flags, quoted)} ${usage.allowed(option.argChoices)}`
      lines.push([[...complete, option.long ?? '', quoted], said])
    }
    for (const name of (option as unknown as { conflictsWith: string[] }).conflictsWith) {
      const other = all.find((each) => each.attributeName() === name)
      if (other)
        lines.push([[...complete, ...given(option), ...given(other)], usage.conflict(option.flags, other.flags)])
    }
  }
  if (mandatory[0]) lines.push([args, usage.missingOption(mandatory[0].flags)])
  for (const [at, argument] of command.registeredArguments.entries()) {
    if (argument.required)
      lines.push([mandatory.flatMap(given).concat(args.slice(0, at)), usage.missingArgument(argument.name())])
    if (!argument.argChoices) continue
    const said = `${usage.invalidValue(`<${argument.name()}>`, quoted)} ${usage.allowed(argument.argChoices)}`
    lines.push([[...mandatory.flatMap(given), ...args.with(at, quoted)], said])
  }
  if (command.commands.length > 0) return [...lines, [[quoted], usage.unknownCommand(quoted)]]
  const isOpen = command.registeredArguments.at(-1)?.variadic
  return isOpen ? lines : [...lines, [[...complete, 'b', 'c'], usage.excessArguments]]
}

describe.each(languages)('a wrong line, in %s', (language) => {
  it('of every command is answered in that language, whatever commander says of it', async () => {
    const { run, seen } = createWorld({ env: { LANG: language } })
    const kinds = new Set<string>()
    for (const { command, path } of everyCommand(tree(language))) {
      for (const [line, said] of mistakes(command, language)) {
        seen.stderr = ''
        const { code, stderr } = await run(...path, ...line)
        expect([code, stderr], [...path, ...line].join(' ')).toEqual([2, expect.stringContaining(said)])
        kinds.add(said.replace(/[^ ]*[-<«"].*/, ''))
      }
    }
    expect(kinds.size).toBeGreaterThan(5)
  })

  it('is told whole where it holds quotes itself', () => {
    const t = messagesIn(language)
    const error = (code: string, message: string) => usageMessage(new CommanderError(1, code, message), t)
    expect(
      error('commander.unknownCommand', "error: unknown command 'l'ordre'\n(Did you mean one of order, up?)"),
    ).toBe(`${t.usage.unknownCommand("l'ordre")} ${t.usage.didYouMean('order, up')}`)
    const value = "a' is invalid. 'b"
    expect(
      error(
        'commander.invalidArgument',
        `error: option '--as <x>' argument '${value}' is invalid. Allowed choices are a, b.`,
      ),
    ).toBe(`${t.usage.invalidValue('--as <x>', value)} ${t.usage.allowed(['a', 'b'])}`)
  })
})

describe('the help in French', () => {
  it('has none of the words that commander would write', async () => {
    const { run, seen } = createWorld({ env: { LANG: 'fr_FR' } })
    const english =
      /Usage:|Options:|Commands:|Arguments:|display help|output the version|\((?:choices|default|preset|env):|\[(?:command)\]/
    for (const { path } of everyCommand(tree('fr'))) {
      seen.stdout = ''
      const { stdout } = await run(...path, '--help')
      expect(stdout, path.join(' ')).toContain('Utilisation :')
      expect(stdout, path.join(' ')).not.toMatch(english)
    }
  })

  it('shows no English words of an argument with choices and a default either', () => {
    const { io, processes } = createWorld()
    const cli = createCli({ io, processes, t: messagesIn('fr'), language: 'fr', finish: () => {} })
    const command = cli.command('x', { en: { summary: '', examples: [] }, fr: { summary: '', examples: [] } })
    command.addArgument(command.createArgument('[forme]', 'forme').choices(['a', 'b']).default('a'))
    command.addOption(command.createOption('--mot [mot]', 'mot').choices(['c']).default('c').preset('c').env('MOT'))
    expect(command.helpInformation()).not.toMatch(/choices|default|preset|env:/)
  })
})

it('every code of a usage error that commander has is told by us', () => {
  const lib = join(dirname(createRequire(import.meta.url).resolve('commander')), 'lib')
  const text = readdirSync(lib)
    .map((file) => readFileSync(join(lib, file), 'utf8'))
    .join('\n')
  const codes = new Set([...text.matchAll(/'(commander\.\w+)'/g)].map(([, code]) => code))
  // What ends a command without an error, what is thrown by commands that are programs of their own, and the root of all.
  const others = ['help', 'helpDisplayed', 'version', 'executeSubCommandAsync', 'error'].map(
    (each) => `commander.${each}`,
  )
  expect([...codes].filter((code) => !others.includes(code ?? '')).sort()).toEqual([
    'commander.conflictingOption',
    'commander.excessArguments',
    'commander.invalidArgument',
    'commander.missingArgument',
    'commander.missingMandatoryOptionValue',
    'commander.optionMissingArgument',
    'commander.unknownCommand',
    'commander.unknownOption',
  ])
})
