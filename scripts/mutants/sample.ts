import { createHash } from 'node:crypto'
import type { Bug } from './bugs.ts'

/**
 * Up to `size` of the bugs, chosen by a hash of what they change: the same on every machine, and an edit elsewhere in a
 * file leaves the choice as it is.
 */
export function sampleOf(bugs: Bug[], size: number, sources: Map<string, string>): Bug[] {
  const keyed = bugs.map((bug) => ({ bug, key: keyOf(bug, sources.get(bug.file) ?? '') }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return keyed.slice(0, size).map(({ bug }) => bug)
}

function keyOf({ file, start, end, ...bug }: Bug, source: string): string {
  const line = source.slice(source.lastIndexOf('\n', start) + 1, source.indexOf('\n', end))
  return createHash('sha256')
    .update(`${file}\n${line}\n${start - source.lastIndexOf('\n', start)}\n${bug.with}`)
    .digest('hex')
}
