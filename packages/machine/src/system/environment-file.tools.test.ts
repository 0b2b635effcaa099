import { expect, it } from 'vitest'
import { hostileTexts, outcomeOf } from '../testing/hostile.ts'
import { ask, createPlace } from '../testing/tool.ts'
import { renderEnvironmentFile } from './environment-file.ts'

const texts = hostileTexts.filter((text) => 'rendered' in outcomeOf(() => renderEnvironmentFile({ ANY: text })))
const named = (values: readonly string[]) => Object.fromEntries(values.map((text, index) => [`N${index}`, text]))

it('is read by a shell as exactly what was rendered', async () => {
  const place = createPlace({ env: renderEnvironmentFile(named(texts)), 'print.sh': 'set -a\n. ./env\nexec env -0\n' })
  const printed = await ask(['sh', './print.sh'], place)
  expect(Object.fromEntries(pairsIn(printed.split('\0')))).toEqual(named(texts))
})

it('is read by systemd as exactly what was rendered', async () => {
  // The one program that prints what systemd's reader understood leaves out empty values, and replaces variables
  // afterwards: `$` becomes `$$` for it.
  const printable = texts.filter((text) => text !== '')
  const values = printable.map((text) => text.replaceAll('$', '$$$$'))
  const place = createPlace({ 'environment.d/sample.conf': renderEnvironmentFile(named(values)) })
  const printed = await ask(
    ['/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator'],
    place,
    {
      XDG_CONFIG_HOME: place,
    },
  )
  const read = pairsIn(printed.split('\n')).map(([name, value]) => [name, unescaped(value)])
  expect(Object.fromEntries(read)).toEqual(named(printable))
})

const pairsIn = (lines: readonly string[]) =>
  lines.flatMap((line) => {
    const { name, value } = /^(?<name>N\d+)=(?<value>[\s\S]*)$/.exec(line)?.groups ?? {}
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })

/** systemd prints words as a shell's `"…"`, with C escapes for control characters. */
function unescaped(word: string): string {
  if (!word.startsWith('"')) return word
  const controls: Record<string, string> = { n: '\n', t: '\t', r: '\r' }
  return word
    .slice(1, -1)
    .replace(/\\([0-7]{3}|[\s\S])/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (controls[code] ?? code),
    )
}
