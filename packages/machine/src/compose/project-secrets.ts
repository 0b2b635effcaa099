import type { Host } from '../host.ts'
import type { Container } from './docker.ts'
import type { Variables } from './interpolation.ts'
import { ProjectFiles } from './project-files.ts'
import { secretsOf } from './secrets.ts'
import { readVariablesFile } from './variables-file.ts'

const maxFiles = 20
const namesOfFiles = /^\.env(\.[\w.-]+)?$|^[\w.-]+\.env$/

/**
 * Values that these containers, or files of variables of their folders, hold and nobody may see: to hide them, not to
 * run anything with. Never rejects; what cannot be read cannot be hidden.
 */
export async function projectSecrets(host: Host, containers: readonly Container[]): Promise<string[]> {
  const environments = await environmentsOf(host, containers)
  for (const directory of new Set(containers.map((each) => each.directory))) {
    if (directory.startsWith('/')) environments.push(...(await inFolder(host, directory).catch(() => [])))
  }
  return [...new Set(environments.flatMap(secretsOf))]
}

async function environmentsOf(host: Host, containers: readonly Container[]): Promise<Variables[]> {
  if (containers.length === 0) return []
  const argv = [
    'docker',
    'container',
    'inspect',
    '--format',
    '{{json .Config.Env}}',
    '--',
    ...containers.map(({ id }) => id),
  ]
  const { stdout } = await host.run({ argv: argv as [string, ...string[]] }).catch(() => ({ stdout: '' }))
  return stdout.split('\n').map(environmentIn)
}

/** `["A=b"]`, or what was cut. */
function environmentIn(line: string): Variables {
  try {
    const pairs: unknown = JSON.parse(line)
    if (!Array.isArray(pairs)) return {}
    const texts = pairs.filter((pair) => typeof pair === 'string')
    return Object.fromEntries(texts.map((pair) => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)]))
  } catch {
    return {}
  }
}

async function inFolder(host: Host, directory: string): Promise<Variables[]> {
  const files = await ProjectFiles.of(host, directory)
  const names = (await host.list(directory)).filter((name) => namesOfFiles.test(name)).slice(0, maxFiles)
  const found: Variables[] = []
  for (const name of names) {
    const text = await files.text(`${directory}/${name}`).catch(() => null)
    // In each way that one of its readers would take it.
    if (text !== null) found.push(lineByLine(text), asCompose(text, 'all'), asCompose(text, null))
  }
  return found
}

function asCompose(text: string, expanded: 'all' | null): Variables {
  try {
    return readVariablesFile(text, { known: {}, expanded })
  } catch {
    return {}
  }
}

function lineByLine(text: string): Variables {
  const lines = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*[=:][ \t]*(.*)$/gm)]
  return Object.fromEntries(lines.map(([, name, value = '']) => [name, value.trim().replace(/^(["'])(.*)\1$/, '$2')]))
}
