import { isRecord, type Judge, type Mapping } from './inspection.ts'
import { amount, duration, listOf, mapping, text, truth } from './scalars.ts'

/** Argv. A line is taken apart here, where a shell and every version of compose would do it alike. */
export const command: Judge<string[]> = (value, field, inspection) => {
  if (typeof value !== 'string') return listOf(text)(value, field, inspection)
  if (text(value, field, inspection) === undefined) return undefined
  return (
    wordsOf(value) ?? inspection.puzzled(field, 'is a line that can be read in two ways. Write it as a list of words.')
  )
}

/** A word is made of pieces: plain, in either quotes, or escaped. In double quotes only `\` and `"` are escaped. */
const piece = /[^\s'"\\;&|<>()`#!*?[\]{}~$]+|'([^']*)'|"((?:[^"\\`]|\\[\\"])*)"|\\([^\n])|([#!*?[\]{}~$])/y

function wordsOf(line: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  for (let at = 0; at < line.length; ) {
    const blank = /[ \t\n\r]+/y
    blank.lastIndex = at
    if (blank.test(line)) {
      if (word !== null) words.push(word)
      word = null
      at = blank.lastIndex
      continue
    }
    piece.lastIndex = at
    const found = piece.exec(line)
    // A comment for some readers and not for others.
    if (found === null || (word === null && found[0] === '#')) return null
    const [all, single, double, escaped] = found
    word = (word ?? '') + (single ?? double?.replace(/\\([\\"])/g, '$1') ?? escaped ?? all)
    at = piece.lastIndex
  }
  return word === null ? words : [...words, word]
}

const test: Judge<string[]> = (value, field, inspection) => {
  if (typeof value === 'string') return ['CMD-SHELL', value]
  const words = listOf(text)(value, field, inspection)
  if (words === undefined || ['NONE', 'CMD', 'CMD-SHELL'].includes(words[0] ?? '')) return words
  return inspection.puzzled(field, 'begins with none of NONE, CMD and CMD-SHELL.')
}

const parts = mapping({
  ...{ test, disable: truth, retries: amount() },
  ...{ interval: duration, timeout: duration, start_period: duration, start_interval: duration },
})

/** How Docker asks whether a container is well. */
export const healthcheck: Judge<Mapping> = (value, field, inspection) => {
  const read = parts(value, field, inspection)
  if (!isRecord(read)) return undefined
  const { disable, ...rest } = read
  return disable === true ? { disable } : rest
}
