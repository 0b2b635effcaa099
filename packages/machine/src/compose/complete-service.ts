import { own, type Variables } from './interpolation.ts'
import { isRecord, type Mapping } from './judge/inspection.ts'
import { isReservedLabel } from './judge/judge-service.ts'
import type { FileToRead } from './judge/mounts.ts'
import { type ProjectFiles, unreadable } from './project-files.ts'
import { readVariablesFile, type VariablesFormat } from './variables-file.ts'

export interface Completion {
  files: ProjectFiles
  format: VariablesFormat
  version: 1 | 2
  /** Collects what was read, to be hidden. */
  seen: Variables[]
}

type Values = Record<string, string | null>

/** The service with what its files of variables and labels hold, instead of their names; `given` goes before all. */
export async function completeService(service: Mapping, given: Variables, completion: Completion): Promise<Mapping> {
  const { env_file: variables, label_file: labels, ...rest } = service
  const environment = { ...(await environmentOf(rest, listOf(variables), completion)), ...given }
  const labelled = await labelsOf(rest, listOf(labels), completion)
  const build = isRecord(rest.build) ? withArguments(rest.build, completion) : undefined
  completion.seen.push(environment)
  return {
    ...rest,
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(Object.keys(labelled).length > 0 && { labels: labelled }),
    ...(build && { build }),
  }
}

const listOf = (files: unknown) => (files ?? []) as FileToRead[]

/** The file's own go before those of its files; one without a value has that of the variable of its name. */
async function environmentOf(
  service: Mapping,
  named: readonly FileToRead[],
  completion: Completion,
): Promise<Variables> {
  const environment = new Map<string, string>()
  for (const file of named) {
    for (const [name, value] of Object.entries(await variablesIn(file, completion))) environment.set(name, value)
  }
  completion.seen.push(Object.fromEntries(environment))
  for (const [name, value] of Object.entries((service.environment ?? {}) as Values)) {
    const known = value ?? own(completion.format.known, name)
    if (known === undefined) environment.delete(name)
    else environment.set(name, known)
  }
  return Object.fromEntries(environment)
}

async function labelsOf(service: Mapping, named: readonly FileToRead[], completion: Completion): Promise<Variables> {
  const labels: Record<string, string> = {}
  for (const file of named) {
    const read = await variablesIn(file, completion)
    if (Object.keys(read).some(isReservedLabel)) throw unreadable(file.path, 'it has a label of Docker or of IKOMA')
    Object.assign(labels, read)
  }
  for (const [name, value] of Object.entries((service.labels ?? {}) as Values)) labels[name] = value ?? ''
  return labels
}

async function variablesIn(
  { path, required, raw }: FileToRead,
  { files, format, version }: Completion,
): Promise<Variables> {
  const known = { ...format, expanded: version === 2 ? 'all' : null, raw } as const
  const read = await files.parse(path, (text) => readVariablesFile(text, known))
  if (read === null && required) throw unreadable(path, 'it is not there')
  for (const value of Object.values(read ?? {})) files.count(value)
  return read ?? {}
}

/** An argument without a value has that of the variable. */
function withArguments(build: Mapping, { format, seen }: Completion): Mapping {
  if (!isRecord(build.args)) return build
  const given = Object.entries(build.args as Values).flatMap(([name, value]): [string, string][] => {
    const known = value ?? own(format.known, name)
    return known === undefined ? [] : [[name, known]]
  })
  const args = Object.fromEntries(given)
  seen.push(args)
  return { ...build, args }
}
