import { excessOf, type JsonBounds, type Report, reportBounds } from '@ikoma/api'

/**
 * A report that the control plane takes, whatever an action found: what is too large is cut, the summary says so and `cut`
 * names it. How the order ended is never lost.
 */
export function fitReport(report: Report): Report {
  const { output, artifacts, steps, errors } = reportBounds
  const parts: Partial<Report> = {
    ...(report.output && { output: shrunk(report.output, output) }),
    ...(report.artifacts && { artifacts: shrunk(report.artifacts, artifacts) }),
    ...(report.steps && { steps: shrunk(first(report.steps, steps.items), steps) }),
    ...(report.errors && { errors: shrunk(first(report.errors, errors.items), errors) }),
  }
  const fitted = { ...report, ...parts, summary: clip(report.summary, reportBounds.summary) }
  const cut = new Set(
    (['output', 'artifacts', 'steps', 'errors'] as const).filter((part) => report[part] !== fitted[part]),
  )
  // Each part has its share, but not all of them at once: what tells least goes first.
  for (const part of ['artifacts', 'output', 'steps'] as const) {
    if (excessOf(fitted, wholeBounds) === null) break
    if (fitted[part] === undefined) continue
    delete fitted[part]
    cut.add(part)
  }
  return cut.size === 0 ? fitted : { ...fitted, cut: [...cut], summary: withNote(fitted.summary, [...cut]) }
}

/** What is left of a report that was refused all the same: that it ended, and how. */
export function leastReport({ version, ok, outcome, summary, retryable, finishedAt }: Report, refusal: string): Report {
  const note = `The whole report was refused: ${refusal}`
  return {
    version,
    ok,
    ...(outcome && { outcome }),
    summary: withNote(clip(summary, 1000), ['all']),
    ...(retryable === undefined ? {} : { retryable }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    errors: [{ code: 'report_refused', message: clip(note, 1000) }],
    cut: ['all'],
  }
}

/** Room for the note that is added to the summary. */
const wholeBounds = { bytes: reportBounds.whole.bytes - 1024 }

function first<T>(items: T[], count: number): T[] {
  return items.length <= count ? items : items.slice(0, count)
}

function withNote(summary: string, cut: readonly string[]): string {
  const note = ` [too large, so cut: ${cut.join(', ')}]`
  return `${clip(summary, reportBounds.summary - note.length)}${note}`
}

const firstTextLength = 16 * 1024

/** The same value with shorter texts, lists and objects, until it is within its bounds. */
function shrunk<T>(value: T, bounds: Partial<JsonBounds>): T {
  if (excessOf(value, bounds) === null) return value
  for (let textLength = firstTextLength; textLength > 1; textLength /= 2) {
    const smaller = shorter(value, { textLength, items: textLength / 8, depth: (bounds.depth ?? 16) - 1 })
    if (excessOf(smaller, bounds) === null) return smaller as T
  }
  return (Array.isArray(value) ? [] : {}) as T
}

interface Limits {
  textLength: number
  items: number
  depth: number
}

function shorter(value: unknown, limits: Limits, depth = 0): unknown {
  if (typeof value === 'string') return clip(value, limits.textLength)
  if (typeof value !== 'object' || value === null) return value
  if (depth > limits.depth) return '…'
  const inner = (item: unknown) => shorter(item, limits, depth + 1)
  if (Array.isArray(value)) return value.slice(0, limits.items).map(inner)
  const entries = Object.entries(value).slice(0, Math.max(8, limits.items))
  return Object.fromEntries(entries.map(([name, item]) => [name.slice(0, 200), inner(item)]))
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1)).toWellFormed()}…`
}
