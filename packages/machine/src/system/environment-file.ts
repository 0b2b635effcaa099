import { entries, refuse, text, variableName } from '../values/index.ts'

export type Environment = Readonly<Record<string, string>>

/**
 * A file for systemd's EnvironmentFile=, which a POSIX shell reads the same way. Every value is in double quotes, where
 * only `" \ $` and the backtick need an escape and a line break means itself.
 */
export function renderEnvironmentFile(environment: Environment): string {
  return entries(environment, 'environment', variableName)
    .map(([variable, value, at]) => `${variable}="${text(value, at).replace(/["\\$`]/g, '\\$&')}"\n`)
    .join('')
}

/** Reads back what was rendered, such as the environment of the release before. Refuses what was written differently. */
export function readEnvironmentFile(file: string): Environment {
  const environment: Record<string, string> = {}
  let end = 0
  for (const { index, 0: assignment, groups } of file.matchAll(assignments)) {
    if (index !== end || groups?.name === undefined) break
    environment[variableName(groups.name, 'environment')] = (groups.value ?? '').replace(/\\(.)/g, '$1')
    end = index + assignment.length
  }
  return end === file.length ? environment : refuse('environment', 'not_rendered', `was changed at character ${end}.`)
}

const assignments = /(?<name>[A-Za-z0-9_]+)="(?<value>(?:[^"\\$`]|\\["\\$`])*)"\n/g
