export interface Value {
  from: number
  to: number
  text: string
  quoted: boolean
}

/**
 * The value at `at`: in quotes, which may be escaped as JSON in JSON is, or up to what ends a bare one. With `whole` only
 * white space and quotes end it, as in `.env`. No further than `limit`. Null when there is none.
 */
export function valueAt(text: string, at: number, whole: boolean, limit = text.length): Value | null {
  let from = at
  while (from - at < 3 && (text[from] === ' ' || text[from] === '\t')) from += 1
  const opening = /^(\\{0,15})(["'`])/.exec(text.slice(from, from + 16))
  if (!opening) {
    const to = endOfValue(text, from, whole, limit)
    return to === from ? null : { from, to, text: text.slice(from, to), quoted: false }
  }
  const begin = from + opening[0].length
  const quotes = { escapes: opening[1]?.length ?? 0, quote: opening[2] ?? '"' }
  const to = endOfQuotes(text, begin, quotes, limit)
  // `'it'\''s'`: what a shell joins is one value.
  const joined = opening[1] === '' && /[\w\\'"$]/.test(text[to + 1] ?? '') ? endOfJoined(text, to + 1, limit) : to
  return begin === joined ? null : { from: begin, to: joined, text: text.slice(begin, joined), quoted: true }
}

/** Where a bare value ends. */
export function endOfValue(text: string, from: number, whole: boolean, limit = text.length): number {
  const end = whole ? /[\s"'`]/ : /[\s"'`,;&]|%26/
  const slice = text.slice(from, from + limit)
  const value = slice.slice(0, end.exec(slice)?.index ?? slice.length)
  // A quote that is escaped ends what stands in a JSON text: what escapes it is not the value's.
  const quote = /["']/.test(slice[value.length] ?? '')
  return from + (quote ? value.replace(/(?<!\\)\\+$/, '') : value).length
}

interface Quotes {
  escapes: number
  quote: string
}

function endOfQuotes(text: string, from: number, { escapes, quote }: Quotes, limit: number): number {
  const most = Math.min(text.length, from + limit)
  for (let at = from; at < most; at += 1) {
    if (text[at] === '\n') return at
    if (text[at] !== quote) continue
    let backslashes = 0
    while (at - backslashes > from && text[at - backslashes - 1] === '\\') backslashes += 1
    if (
      quote === "'" && escapes === 0
        ? true
        : backslashes >= escapes && (backslashes - escapes) % (2 * (escapes + 1)) === 0
    )
      return at - escapes
  }
  return most
}

function endOfJoined(text: string, from: number, limit: number): number {
  const slice = text.slice(from, from + limit)
  return from + (/[\s,;&)}\]]/.exec(slice)?.index ?? slice.length)
}

const ordinary = new Set(
  `true false null nil none undefined yes no on off ok enabled disabled required optional missing invalid valid expired
  unset empty set not present absent failed fails failure success successful succeeded denied granted accepted rejected
  unexpected must should is was are has had cannot can't the a an for of in from to and or with by at only unknown error
  string number boolean object array function password token secret key`.split(/\s+/),
)

/**
 * Whether a value tells about a secret rather than being one: `token: expired`, `Unexpected token: }`. In quotes it is
 * taken as it is written: a passphrase may begin with any word.
 */
export function isOrdinaryValue(value: string, quoted = false): boolean {
  const [first = ''] = quoted ? [value] : value.split(/\s/, 1)
  return /^[^\p{L}\p{N}]{0,3}$/u.test(value) || ordinary.has(first.toLowerCase().replace(/[.,:;!?)\]}]+$/, ''))
}
