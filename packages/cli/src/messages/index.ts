import { en } from './en.ts'
import { fr } from './fr.ts'

export type Messages = typeof en

const catalogue = { en, fr }

export type Language = keyof typeof catalogue
export const languages = Object.keys(catalogue) as Language[]

export function messagesIn(language: Language): Messages {
  return catalogue[language]
}

/** `--lang`, then the environment as POSIX orders it; English when nothing says otherwise. */
export function languageOf(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Language {
  const flag = argv.findIndex((argument) => argument === '--lang' || argument.startsWith('--lang='))
  const named = flag < 0 ? undefined : argv[flag]?.includes('=') ? argv[flag]?.split('=')[1] : argv[flag + 1]
  const told = env.IKOMA_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  // That there is no such language is said in the reader's own.
  return languageIn(named ?? '') ?? languageIn(told) ?? 'en'
}

const languageIn = (text: string) => languages.find((language) => text.toLowerCase().startsWith(language))
