import type { Bug } from './bugs.ts'

/** How a survivor is named: its file, the line, and what the line becomes. */
export function survivorText({ file, start, end, with: instead }: Bug, source: string): string {
  const from = source.lastIndexOf('\n', start - 1) + 1
  const to = source.indexOf('\n', end)
  const before = source.slice(from, to)
  const after = source.slice(from, start) + instead + source.slice(end, to)
  return `${file}: ${oneLine(before)} -> ${oneLine(after)}`
}

const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ')

/** Bugs that no test notices, each with the reason why none should. */
export const knownSurvivors: Record<string, string> = {
  'packages/control-plane/src/orders/order-archive.ts: if (whole < size) await file.truncate(whole) -> if (whole <= size) await file.truncate(whole)':
    'cuts a file to the length that it has',
  "packages/kernel/src/secret-spans.ts: if (!saysSecret(name) && !saysSecret(name.replace(/^.*[.@$](?=\\w)/, ''))) return false -> if (!saysSecret(name) && !saysSecret(name.replace(/.*[.@$](?=\\w)/, ''))) return false":
    'a name has no line break, so what begins with anything begins with the name',
  "packages/kernel/src/secret-spans.ts: while (from > 0 && to - from < longestName && nameLetters.has(text[from - 1] ?? '')) from -= 1 -> while (from > 0 && to - from <= longestName && nameLetters.has(text[from - 1] ?? '')) from -= 1":
    'a bound that no name comes near: it only keeps the time linear',
}
