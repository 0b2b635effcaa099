import { describe, expect, test } from 'vitest'
import { judge } from '../../rank.ts'
import { healthy, looping, said } from '../../testing/healthy.ts'
import { django, go, java, node, php, rails } from '../../testing/lines/backends.ts'
import type { LineCase } from '../../testing/lines/line-case.ts'
import { docker, mongo, mysql, nginx, postgres } from '../../testing/lines/servers.ts'
import { rules } from '../index.ts'

const apps = { django, rails, php, java, go, node, mysql, mongo, postgres, docker }
const stacks: [string, string, readonly LineCase[]][] = [
  ...Object.entries(apps).map(([name, lines]): [string, string, readonly LineCase[]] => [
    name,
    'gateway.service',
    lines,
  ]),
  ['nginx', 'nginx.service', nginx],
]

/** A word that was left out, or never filled in. */
const oddities = [/\bundefined\b/, /\bnull\b/, /\{\w+[|}]/, / {2}/, /""|«\s*»|''/, /\(\)/, /: ?$/]
const listeners = (healthy().listeners ?? []).filter(({ port }) => port !== 8080)

/** What is found beside a unit that ends again and again, of which this is the only word. */
function foundIn(source: string, line: string, changes = {}) {
  const found = judge(healthy({ unit: looping, listeners, ...changes, ...said(source, line) }), rules)
  return found.filter(({ rule }) => !['restart_loop', 'port_not_listening'].includes(rule))
}

describe.each(stacks)('what %s says', (_, source, lines) => {
  const causes = lines.filter(([, rule]) => rule !== null)
  const others = lines.filter(([, rule]) => rule === null)

  test.each(causes)('%s: %s', (line, rule) => {
    const [first] = foundIn(source, line)
    expect([first?.rule, first?.consequenceOf]).toEqual([rule, null])
    expect(first?.confidence).not.toBe('certain')
    expect(first?.evidence.join('\n')).toContain(line)
    for (const text of [first?.cause, first?.mend.advice].flatMap((words) => [words?.en ?? '', words?.fr ?? ''])) {
      expect(oddities.filter((odd) => odd.test(text) && !odd.test(line))).toEqual([])
    }
  })

  test.each(others)('is no cause: %s', (line) => {
    // Of a program that ends with it, it is still the last word.
    expect(foundIn(source, line).filter((each) => each.rule !== 'program_error')).toEqual([])
    expect(foundIn(source, line, { unit: healthy().unit, listeners: healthy().listeners })).toEqual([])
  })
})
