import { matchesGlob, resolve } from 'node:path'

export interface Inclusion {
  /** Where its directive stands in the text. */
  start: number
  end: number
  /** Absolute. */
  pattern: string
}

/** The directive of a main file by which nginx reads this path, if there is one. */
export function inclusionOf(path: string, text: string, main: string): Inclusion | null {
  const found = inclusionsIn(text, main).find(({ pattern }) => isIncludedBy(pattern, path))
  return found ?? null
}

/** As glob(3) has it: a star is for no name that begins with a dot. */
export function isIncludedBy(pattern: string, path: string): boolean {
  const hidden = path.slice(path.lastIndexOf('/') + 1).startsWith('.')
  const asksForHidden = pattern.slice(pattern.lastIndexOf('/') + 1).startsWith('.')
  return matchesGlob(path, pattern) && (!hidden || asksForHidden)
}

const directive =
  /#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<=^|[\s;{}])include\s+("[^"]*"|'[^']*'|[^\s;'"]+)\s*;/gm

function inclusionsIn(text: string, main: string): Inclusion[] {
  return [...text.matchAll(directive)].flatMap(({ 0: words, 1: pattern, index }) => {
    if (pattern === undefined) return []
    // nginx takes what is relative from the folder of the file it was started with.
    const absolute = resolve(main, '..', pattern.replace(/^["']|["']$/g, ''))
    return [{ start: index, end: index + words.length, pattern: absolute }]
  })
}
