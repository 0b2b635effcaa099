import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { root } from '../kit/product.ts'

const folder = join(root, 'deploy', 'high-availability')

/** What the documents tell people to fill in. */
export type Values = Record<string, string>

/** One of the project's own files, with every named value filled in. */
export function filled(name: string, values: Values): string {
  const text = readFileSync(join(folder, name), 'utf8')
  return text.replaceAll(/<([A-Z_]+)>/g, (_, value: string) => {
    const given = values[value]
    if (given === undefined) throw new Error(`${name} names the value ${value}, which nobody gives`)
    return given
  })
}

export function writeFilled(path: string, name: string, values: Values): string {
  writeFileSync(path, filled(name, values), { mode: 0o644 })
  return path
}

export function environmentOf(name: string, values: Values): Record<string, string> {
  return parseEnv(filled(name, values)) as Record<string, string>
}
