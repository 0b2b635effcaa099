/** A stretch of text that must not be shown. `from`: where it can be recognised; `hideFrom`: where it must be hidden. */
export interface Span {
  from: number
  hideFrom: number
  to: number
}

const gap = '[^\\S\\n]{0,3}'
const value = `["']?((?<=")(?:\\\\.|[^"\\\\\\n])+|(?<=')[^'\\n]+|[^\\s"',;&]+)`
const name = '(?:password|passwd|pwd|secret|token|credentials?|(?:api|access|private|secret|admin)[_-]?key)'

// The last group of each is what is hidden. Counted repeats keep them linear on hostile output.
const patterns = [
  /(iko_[a-z]{1,20}_[A-Za-z0-9]{8,})/g,
  new RegExp(`authorization["']?${gap}[:=]${gap}["']?(?:[a-z]{1,20}[^\\S\\n]{1,3})?${value}`, 'gi'),
  /\bbearer[^\S\n]{1,3}([A-Za-z0-9._~+/=-]{8,})/gi,
  new RegExp(`${name}["']?${gap}[=:]${gap}${value}`, 'gi'),
  /:\/\/([^\s/:@]{0,256}:[^\s/@]{1,1024}|[^\s/:@]{16,1024})@/g,
]

const pemBegin = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----/g
const pemEnd = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----/
/** More than a 16,384-bit RSA key needs; an END that never comes hides no more than this. */
export const maxPemLength = 16_384

/** What must be hidden in `text`, in order, overlaps merged. `forms` are the known secrets' spellings. */
export function findSpans(text: string, forms: readonly string[]): Span[] {
  const spans = [...formSpans(text, forms), ...patternSpans(text), ...pemSpans(text)]
  spans.sort((a, b) => a.hideFrom - b.hideFrom)
  const merged: Span[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last && span.hideFrom <= last.to) {
      last.to = Math.max(last.to, span.to)
      last.from = Math.min(last.from, span.from)
    } else {
      merged.push({ ...span })
    }
  }
  return merged
}

function formSpans(text: string, forms: readonly string[]): Span[] {
  const spans: Span[] = []
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
      spans.push({ from: at, hideFrom: at, to: at + form.length })
    }
  }
  return spans
}

function patternSpans(text: string): Span[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => {
      const [whole, hidden = ''] = match
      // The hidden group is the last thing in a match, except for the `@` after a URL's credentials.
      const hideFrom = match.index + whole.lastIndexOf(hidden)
      return { from: match.index, hideFrom, to: hideFrom + hidden.length }
    }),
  )
}

/** A block whose END has not come yet reaches past the text: it may go on in what follows. */
function pemSpans(text: string): Span[] {
  const spans: Span[] = []
  pemBegin.lastIndex = 0
  for (let begin = pemBegin.exec(text); begin; begin = pemBegin.exec(text)) {
    const most = begin.index + maxPemLength
    const end = pemEnd.exec(text.slice(begin.index, most))
    const to = end ? begin.index + end.index + end[0].length : most
    spans.push({ from: begin.index, hideFrom: begin.index, to })
    pemBegin.lastIndex = to
  }
  return spans
}
