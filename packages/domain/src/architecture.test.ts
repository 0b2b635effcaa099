import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { orderTable } from './order-state.ts'

const root = join(import.meta.dirname, '../../..')
const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

test('ARCHITECTURE.md shows the table of states as it is', () => {
  const shown = /<!-- states -->\n\|.*\n\|.*\n([\s\S]*?)<!-- \/states -->/.exec(text)?.[1]
  const rows = Object.entries(orderTable).flatMap(([from, moves]) =>
    Object.entries(moves).map(([trigger, to]) => `| ${from} | ${trigger} | ${to} |\n`),
  )
  expect(shown).toBe(rows.join(''))
})

describe('files that the documents name', () => {
  const named = new Set(
    ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md'].flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/`((?:packages|scripts|e2e|docs|bench)\/[\w./-]+)`/g)].map(
        ([, path]) => path ?? '',
      ),
    ),
  )
  test.each([...named])('%s is there', (path) => {
    expect(existsSync(join(root, path))).toBe(true)
  })
})

test('fragments of the changelog say of what kind they are', () => {
  const fragments = globSync('changes/*.md', { cwd: root }).filter((path) => path !== 'changes/README.md')
  const kind = /^(Added|Changed|Deprecated|Removed|Fixed|Security): \S/
  expect(fragments.filter((path) => !kind.test(readFileSync(join(root, path), 'utf8')))).toEqual([])
})
