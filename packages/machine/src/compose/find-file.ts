import type { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { unreadable } from './project-files.ts'

/** What compose looks for where nobody names a file, in its order. */
const usualNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'] as const
const overrides = usualNames.map((name) => name.replace(/\.ya?ml$/, '.override$&'))

export interface FoundFile {
  file: string
  /** What compose would read beside it, or instead, and IKOMA does not. */
  warnings: string[]
}

/** The compose file of a folder: the one that is named, or else the first of the usual names that is there. */
export async function findComposeFile(host: Host, directory: string, named: string | undefined): Promise<FoundFile> {
  const isThere = async (name: string) => (await host.look(`${directory}/${name}`)) !== null
  const there: string[] = []
  for (const name of usualNames) if (await isThere(name)) there.push(name)
  const file = named ?? there[0]
  if (file === undefined || !(await isThere(file))) throw nowhere(directory, file, there)
  const warnings: string[] = []
  for (const name of overrides) {
    if (named !== name && (await isThere(name))) warnings.push(notRead(name, file))
  }
  const others = there.filter((name) => name !== file)
  if (named === undefined) warnings.push(...others.map((name) => notRead(name, file)))
  return { file, warnings }
}

/** `COMPOSE_FILE` of a file of variables names what compose would read; ours is what the order names. */
export function otherFiles(variable: string | undefined, separator: string | undefined, file: string): string[] {
  const named = (variable ?? '').split(separator || ':').map((name) => name.trim().replace(/^\.\//, ''))
  return named.filter((name) => name !== '' && name !== file)
}

export const notRead = (name: string, file: string) =>
  `${name} is not read, only ${file}. For both: docker compose -f ${file} -f ${name} config, into a file that the order names.`

function nowhere(directory: string, file: string | undefined, there: readonly string[]): AppError {
  const path = `${directory}/${file ?? usualNames[0]}`
  const found = there.length === 0 ? '' : `; ${there.join(' and ')} is`
  const looked = file === undefined ? ` (nor is ${usualNames.slice(1).join(', ')})` : ''
  return unreadable(path, `it is not there${looked}${found}`)
}
