import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { messagesIn } from './messages/index.ts'
import { buildProgram, createCli } from './program.ts'
import { createWorld } from './testing/world.ts'

const root = join(import.meta.dirname, '../../..')
const documents = ['README.md', 'README.fr.md', ...globSync(['docs/*.md', 'docs/operating/*.md'], { cwd: root })]
const textOf = (document: string) => readFileSync(join(root, document), 'utf8')

/** The command lines of ours that a document tells people to type. */
function typed(text: string): string[] {
  const lines = [...text.matchAll(/`([^`\n]+)`|^(?:\w+=\S+ )*(ikoma [^#\n]+)/gm)].map(
    ([, inline, line]) => inline ?? line ?? '',
  )
  return lines.filter((line) => /^ikoma [a-z]/.test(line)).map((line) => line.replace(/\s+/g, ' ').trim())
}

const statementsOf = (document: string) => textOf(document).match(/```sql\n[^`]*```/g)

/** What of a line no command knows: a verb that is none, or an option of another one. */
function unknownIn(line: string, tree: Command): string[] {
  const words = line.split(' ').slice(1)
  let command = tree
  while (command.commands.length > 0) {
    const word = words.shift() ?? ''
    // A noun alone, or `ikoma order …`.
    if (!/^[a-z-]+$/.test(word)) return []
    const next = command.commands.find((each) => each.name() === word)
    if (next === undefined) return [word]
    command = next
  }
  const known = [...command.options, ...tree.options].flatMap(({ long, short }) => [long, short])
  return words.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word.replace(/=.*/, '')) && word !== '--help')
}

test.each(documents)('%s names no command and no option that there is not', (document) => {
  const { io, processes } = createWorld()
  const tree = buildProgram(createCli({ io, processes, t: messagesIn('en'), language: 'en', finish: () => {} }))
  const wrong = typed(textOf(document)).flatMap((line) => unknownIn(line, tree).map((word) => `${line}: ${word}`))
  expect(wrong).toEqual([])
})

test('each document that people operate by is there in both languages, with the same commands', () => {
  for (const document of documents.filter((each) => /audit|operating/.test(each) && !each.endsWith('.fr.md'))) {
    const french = document.replace('.md', '.fr.md')
    expect(existsSync(join(root, french)), french).toBe(true)
    expect(new Set(typed(textOf(french))), french).toEqual(new Set(typed(textOf(document))))
    expect(statementsOf(french), french).toEqual(statementsOf(document))
  }
})
