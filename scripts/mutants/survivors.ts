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
}
