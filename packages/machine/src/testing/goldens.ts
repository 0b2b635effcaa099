import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { type Format, formats } from './samples.ts'

const source = join(import.meta.dirname, '..')
/** Between what is given, as YAML, and the file that is rendered of it. */
const line = `\n${'-'.repeat(80)}\n`

/** `service.gateway.golden.txt` is an input of the format `service`. */
export interface Golden {
  name: string
  kind: string
  path: string
  given: string
  format: Format
}

export const goldens: Golden[] = globSync('*/golden/*.golden.txt', { cwd: source })
  .sort()
  .map((found) => {
    const name = basename(found)
    const kind = name.slice(0, name.indexOf('.'))
    const format = formats[kind]
    if (!format) throw new Error(`${name}: no format is called ${kind}`)
    const path = join(source, found)
    const given = readFileSync(path, 'utf8').split(line)[0]?.trimEnd() ?? ''
    return { name: name.slice(0, -'.golden.txt'.length), kind, path, given, format }
  })

/** The second half; with `change`, of an input that differs from the first. */
export function renderGolden({ given, format }: Golden, change = (input: unknown) => input): string {
  return format.render(change(parse(given)) as never)
}

export const pairOf = (golden: Golden) => `${golden.given}${line}${renderGolden(golden)}`
