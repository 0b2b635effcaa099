import { describe, expect, it } from 'vitest'
import { texts } from '../testing/texts.ts'
import { languageOf, languages, messagesIn } from './index.ts'

describe('messages', () => {
  const en = messagesIn('en')

  it.each(languages)('in %s have exactly the keys of English, and none is empty', (language) => {
    expect(texts(messagesIn(language))).toEqual(texts(en))
    expect(texts(messagesIn(language)).filter(([, kind]) => kind === 'empty')).toEqual([])
  })

  it.each([
    [['--lang', 'fr'], { LANG: 'en_GB.UTF-8' }, 'fr'],
    [['order', '--lang=fr', 'list'], {}, 'fr'],
    [[], { IKOMA_LANG: 'fr', LC_ALL: 'en_US' }, 'fr'],
    [[], { LC_ALL: 'fr_FR.UTF-8', LANG: 'en_US' }, 'fr'],
    [[], { LC_MESSAGES: 'fr_CA', LANG: 'en_US' }, 'fr'],
    [[], { LANG: 'fr_SN.UTF-8' }, 'fr'],
    [['--lang', 'de'], { LANG: 'fr_FR.UTF-8' }, 'fr'],
    [[], { LC_ALL: 'C', LANG: 'fr_FR' }, 'en'],
    [[], { LANG: 'C' }, 'en'],
    [[], {}, 'en'],
  ] as const)('are chosen from %j and %j as %s', (argv, env, expected) => {
    expect(languageOf(argv, env)).toBe(expected)
  })
})
