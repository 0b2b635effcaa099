// Takes the fragments of changes/ into the section "Unreleased" of CHANGELOG.md, each under its kind, and removes them.
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']

let changelog = readFileSync('CHANGELOG.md', 'utf8')
const fragments = globSync('changes/*.md')
  .filter((path) => path !== 'changes/README.md')
  .sort()
for (const path of fragments) {
  const [, kind = '', text = ''] = /^(\w+): (.*)$/s.exec(readFileSync(path, 'utf8').trim()) ?? []
  if (!kinds.includes(kind)) throw new Error(`${path} must begin with one of: ${kinds.join(': ')}:`)
  changelog = withEntry(changelog, kind, `- ${text.replaceAll('\n', '\n  ')}`)
}
writeFileSync('CHANGELOG.md', changelog)
for (const path of fragments) rmSync(path)

function withEntry(text: string, kind: string, entry: string): string {
  const [before = '', unreleased = '', after = ''] = sectionsOf(text)
  const heading = `### ${kind}\n`
  const at = unreleased.indexOf(heading)
  if (at < 0) return `${before}${unreleased.trimEnd()}\n\n${heading}\n${entry}\n${after && `\n${after}`}`
  const next = unreleased.indexOf('\n### ', at)
  const end = next < 0 ? unreleased.length : next
  const own = unreleased.slice(0, end).trimEnd()
  return `${before}${own}\n${entry}\n${next < 0 ? '' : unreleased.slice(next)}${after && `\n${after}`}`
}

/** What is above "Unreleased", the section with its heading, and the released versions. */
function sectionsOf(text: string): [string, string, string] {
  const from = text.indexOf('## Unreleased\n')
  if (from < 0) throw new Error('CHANGELOG.md has no section "Unreleased"')
  const to = text.indexOf('\n## ', from + 1)
  return to < 0
    ? [text.slice(0, from), text.slice(from), '']
    : [text.slice(0, from), text.slice(from, to), text.slice(to + 1)]
}
