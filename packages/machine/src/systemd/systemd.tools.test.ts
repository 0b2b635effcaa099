import { describe, expect, it } from 'vitest'
import { goldens, renderGolden } from '../testing/goldens.ts'
import { hostileTexts, outcomeOf } from '../testing/hostile.ts'
import { ask, createPlace } from '../testing/tool.ts'
import { renderServiceUnit, type ServiceUnit } from './unit-file.ts'

const units = goldens.filter(({ kind }) => ['service', 'oneshot'].includes(kind))
const timers = goldens.filter(({ kind }) => kind.startsWith('timer'))
const verify = ['systemd-analyze', 'verify', '--man=no'] as const

describe('systemd', () => {
  it.each(units)('finds nothing wrong with $name, and an exposure below 2 of 10', async (golden) => {
    const place = createPlace({ 'sample.service': withRealProgram(renderGolden(golden)) })
    await ask([...verify, './sample.service'], place)
    await ask(['systemd-analyze', 'security', '--offline=yes', '--threshold=20', './sample.service'], place)
  })

  it.each(timers)('finds nothing wrong with $name', async (golden) => {
    const timer = renderGolden(golden)
    const started = /^Unit=(.*)$/m.exec(timer)?.[1] ?? ''
    const place = createPlace({ 'sample.timer': timer, [started]: '[Service]\nExecStart=/bin/true\n' })
    await ask([...verify, './sample.timer'], place)
  })

  it('reads what is hostile as exactly that text in variables and arguments', async () => {
    const texts = accepted((text) => ({ environment: { ANY: text } }))
    const environment = Object.fromEntries(texts.map((text, index) => [`N${index}`, text]))
    const dump = await dumpOf([aUnit({ environment, execStart: ['/bin/true', ...texts] })])
    for (const [name, value] of Object.entries(environment)) expect(dump).toContain(`\tEnvironment: ${name}=${value}\n`)
    const [command] = dump.match(/(?<=Command Line: \/bin\/true )[^\n]*/) ?? []
    expect(wordsOf(command ?? '')).toEqual(texts)
  })

  it('reads what is hostile as exactly that text in a description', async () => {
    const texts = accepted((text) => ({ description: text }))
    const dump = await dumpOf(texts.map((text) => aUnit({ description: text })))
    for (const text of texts) expect(dump).toContain(`\tDescription: ${text}\n`)
  })
})

function aUnit(fields: Partial<ServiceUnit>): string {
  return renderServiceUnit({
    description: 'sample',
    user: 'nobody',
    workingDirectory: '/srv',
    execStart: ['/bin/true'],
    restart: 'no',
    ...fields,
  })
}

function accepted(fields: (text: string) => Partial<ServiceUnit>): string[] {
  const texts = hostileTexts.filter((text) => 'rendered' in outcomeOf(() => aUnit(fields(text))))
  expect(texts.length).toBeGreaterThan(30)
  return texts
}

/** What systemd makes of the units: at its debug level, `verify` prints each setting as it understood it. */
function dumpOf(units: readonly string[]): Promise<string> {
  const files = Object.fromEntries(units.map((unit, index) => [`sample${index}.service`, unit]))
  const names = Object.keys(files).map((name) => `./${name}`)
  return ask([...verify, ...names], createPlace(files), { SYSTEMD_LOG_LEVEL: 'debug' })
}

/** As systemd prints an argv; `$$` is what it will replace by a dollar sign when it starts the program. */
function wordsOf(command: string): string[] {
  const words = command.match(/"(?:[^"\\]|\\[\s\S])*"|[^ ]+/g) ?? []
  return words.map((word) => (word.startsWith('"') ? unescaped(word.slice(1, -1)) : word).replaceAll('$$', '$'))
}

const controls: Record<string, string> = { n: '\n', t: '\t', r: '\r' }
const unescaped = (word: string) =>
  word.replace(/\\([0-7]{3}|[\s\S])/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (controls[code] ?? code),
  )

/** `verify` wants a program that is there. */
const withRealProgram = (unit: string) => unit.replace(/^(ExecStart=)[^ \n]+/m, '$1/bin/true')
