import { describe, expect, it } from 'vitest'
import './processes/install-runner.ts'
import './processes/policy-words.ts'
import './processes/run-runner.ts'
import './processes/up.ts'
import { parseLine } from './testing/parse-line.ts'
import { texts } from './testing/texts.ts'
import { allWords } from './words.ts'

const named = allWords.map((words) => [words.en.summary ?? Object.keys(words.en).join(', '), words] as const)
const examples = allWords.flatMap(({ en }) => (en.examples ?? []).map(([line]) => line))

describe('the words beside the code', () => {
  it('are all here', () => {
    expect(named.length).toBeGreaterThan(70)
    expect(examples.length).toBeGreaterThan(110)
  })

  it.each(named)('of "%s" say as much in French, nothing is empty, and the examples are the same', (_, { en, fr }) => {
    expect(texts(fr)).toEqual(texts(en))
    expect([...texts(en), ...texts(fr)].filter(([, kind]) => kind === 'empty')).toEqual([])
    expect(fr.examples?.map(([line]) => line)).toEqual(en.examples?.map(([line]) => line))
  })

  it.each(commandLines(examples))('have an example that can be typed: %j', async (...argv) => {
    await expect(parseLine(argv)).resolves.toBeDefined()
  })
})

/** What our command is given in each line, as a shell would part it. */
function commandLines(lines: string[]): string[][] {
  return lines.flatMap((line) => {
    const [, given] = /(?:^|[ (])ikoma ([^|>)]*)/.exec(line) ?? []
    if (given === undefined) return []
    return [Array.from(given.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '')]
  })
}
