import { mergedSpans, type Span, secretSpans } from '@ikoma/kernel'

/** What must be hidden in `text`, in order, overlaps merged. `forms` are the known secrets' spellings. */
export function findSpans(text: string, forms: readonly string[]): Span[] {
  return mergedSpans([...formSpans(text, forms), ...wrappedSpans(text, forms), ...secretSpans(text)])
}

function* formSpans(text: string, forms: readonly string[]): Generator<Span> {
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
      yield { from: at, hideFrom: at, to: at + form.length }
    }
  }
}

/** As much of a spelling as is hidden when a line ends within it; less could be anything, and so could a longer word. */
const leastPiece = 8
const longestWord = 12

function isTelling(piece: string): boolean {
  return piece.length >= longestWord || !/^[a-z]+$|^[A-Z]+$/.test(piece)
}

/** What a line break has torn: programs wrap base64 at 64 or 76 letters. */
function* wrappedSpans(text: string, forms: readonly string[]): Generator<Span> {
  const long = forms.filter(({ length }) => length >= 2 * leastPiece)
  if (long.length === 0) return
  let from = 0
  for (const line of text.split('\n')) {
    for (const form of long) yield* piecesOf(form, line.replace(/\r$/, ''), from)
    from += line.length + 1
  }
}

function* piecesOf(form: string, line: string, from: number): Generator<Span> {
  const head = form.slice(0, leastPiece)
  const tail = form.slice(-leastPiece)
  // Only what reaches the end of the line, or its beginning, can go on in another.
  const near = Math.max(0, line.length - form.length)
  for (let at = line.indexOf(head, near); at !== -1; at = line.indexOf(head, at + 1)) {
    if (form.startsWith(line.slice(at)) && isTelling(line.slice(at)))
      yield { from: from + at, hideFrom: from + at, to: from + line.length }
  }
  const indent = line.length - line.trimStart().length
  const begin = line.slice(0, indent + form.length)
  for (let at = begin.lastIndexOf(tail); at !== -1; at = at === 0 ? -1 : begin.lastIndexOf(tail, at - 1)) {
    const to = at + tail.length
    const piece = line.slice(indent, to)
    if (form.endsWith(piece) && isTelling(piece)) yield { from: from + indent, hideFrom: from + indent, to: from + to }
  }
  const whole = line.trim()
  if (whole.length >= 2 * leastPiece && form.includes(whole)) {
    yield { from: from + indent, hideFrom: from + indent, to: from + indent + whole.length }
  }
}
