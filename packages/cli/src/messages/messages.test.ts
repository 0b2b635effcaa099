import { describe, expect, it } from 'vitest'
import { type CommandPath, languageOf, languages, messagesIn } from './index.ts'

/** Every text of a catalogue by its path; a function counts by how many arguments it takes. */
function texts(value: unknown, path = ''): [path: string, kind: string][] {
  if (typeof value === 'function') return [[path, `takes ${value.length}`]]
  if (typeof value === 'string') return [[path, value.trim() === '' ? 'empty' : 'text']]
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}/${key}`))
}

describe('messages', () => {
  const en = messagesIn('en')

  it.each(languages)('in %s have exactly the keys of English, and none is empty', (language) => {
    expect(texts(messagesIn(language))).toEqual(texts(en))
    expect(texts(messagesIn(language)).filter(([, kind]) => kind === 'empty')).toEqual([])
  })

  it.each(languages)('in %s show the same example command lines as English', (language) => {
    const lines = (path: CommandPath) => messagesIn(language).help[path].examples.map(([line]) => line)
    for (const path of Object.keys(en.help) as CommandPath[]) {
      expect(lines(path)).toEqual(en.help[path].examples.map(([line]) => line))
    }
  })

  it.each([
    [['--lang', 'fr'], { LANG: 'en_GB.UTF-8' }, 'fr'],
    [['order', '--lang=fr', 'list'], {}, 'fr'],
    [[], { IKOMA_LANG: 'fr', LC_ALL: 'en_US' }, 'fr'],
    [[], { LC_ALL: 'fr_FR.UTF-8', LANG: 'en_US' }, 'fr'],
    [[], { LC_MESSAGES: 'fr_CA', LANG: 'en_US' }, 'fr'],
    [[], { LANG: 'fr_SN.UTF-8' }, 'fr'],
    [[], { LANG: 'C' }, 'en'],
    [[], {}, 'en'],
  ] as const)('are chosen from %j and %j as %s', (argv, env, expected) => {
    expect(languageOf(argv, env)).toBe(expected)
  })
})
