/** How many ways a pattern may be tried against one value: it comes from an app, and must not stop who checks it. */
const maxWays = 2 ** 22
/** Values longer than this are refused before a pattern sees them. */
export const maxPatternedLength = 256

/** What is wrong with a pattern; null for one that is read, and in bounded time whatever the value. */
export function patternFault(source: string): string | null {
  const body = bodyOf(source)
  try {
    new RegExp(body, 'u')
  } catch {
    return 'must be a regular expression'
  }
  if (/\(\?(?!:)/.test(body)) return 'must not look around, name groups or set flags'
  if (/(?:^|[^\\])(?:\\\\)*\\(?:[1-9]|k|b|B)/.test(body)) return 'must not refer back or look for the edges of words'
  return patternWays(source) > maxWays ? 'could be tried in too many ways: write fewer repetitions, or shorter' : null
}

/** In how many ways at most a value is tried; infinite where that grows with the value. */
export function patternWays(source: string): number {
  return waysOf(bodyOf(source)) ?? Number.POSITIVE_INFINITY
}

/** The whole value has to match, whether the pattern says so or not. */
export function matches(source: string, value: string): boolean {
  return value.length <= maxPatternedLength && new RegExp(`^(?:${bodyOf(source)})$`, 'u').test(value)
}

function bodyOf(source: string): string {
  const end = /(?:^|[^\\])(?:\\\\)*\$$/.test(source) ? -1 : undefined
  return source.slice(source.startsWith('^') ? 1 : 0, end)
}

/**
 * A backtracking matcher tries at most the product of what each repetition and each alternative leaves open. Null where a
 * repetition holds another choice: there the product has the length as its exponent.
 */
function waysOf(body: string): number | null {
  const groups: { open: boolean; choices: number }[] = [{ open: false, choices: 1 }]
  let ways = 1
  let closed = false
  for (const [piece] of body.matchAll(pieces)) {
    const group = groups.at(-1) ?? { open: false, choices: 1 }
    if (piece.startsWith('(')) groups.push({ open: false, choices: 1 })
    else if (piece === ')') {
      groups.pop()
      ways *= group.choices
      closed = group.open || group.choices > 1
      const outer = groups.at(-1)
      if (outer && closed) outer.open = true
      continue
    } else if (piece === '|') group.choices += 1
    else if (/^[*+?]|^\{\d/.test(piece)) {
      if (closed) return null
      ways *= freedomOf(piece)
      if (freedomOf(piece) > 1) group.open = true
    }
    closed = false
  }
  return ways * (groups[0]?.choices ?? 1)
}

/** An escape, a class, a quantifier, the beginning of a group, or any other character. */
const pieces = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|(?:[*+?]|\{\d+(?:,\d*)?\})\??|\((?:\?:)?|./gsu

function freedomOf(quantifier: string): number {
  const [, from = '', comma, to = ''] = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier) ?? []
  if (quantifier.startsWith('?')) return 2
  if (from === '') return maxPatternedLength
  // A fixed count leaves nothing open, but the matcher writes it out.
  if (Number(from) > 1_000 || Number(to) > 1_000) return Number.POSITIVE_INFINITY
  return comma === '' ? 1 : to === '' ? maxPatternedLength : Math.max(1, Number(to) - Number(from) + 1)
}
