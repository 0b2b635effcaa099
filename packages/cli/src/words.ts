import type { Language } from './messages/index.ts'

/** A command line and what it does. */
type Example = [line: string, says: string]

/** What the help of a command says of it. */
export interface CommandWords {
  summary: string
  details?: string
  examples: Example[]
}

interface SomeWords extends Partial<CommandWords> {
  [key: string]: unknown
}

/** All words that were ever `translated`, for the test that compares what types cannot. */
export const allWords: Record<Language, SomeWords>[] = []

/** Words beside the code that says them. English decides which there are: where French lacks one, it does not compile. */
export function translated<W extends SomeWords>(words: { en: W; fr: NoInfer<W> }): Record<Language, W> {
  allWords.push(words)
  return words
}
