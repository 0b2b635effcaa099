import { Problem } from './problem.ts'
import type { Content } from './verbs.ts'

/** The content of a backup travels in an environment variable, which the kernel bounds at 128 KiB. */
export const maxTables = 1_000

export function tooManyTables(): Problem {
  return new Problem('too_many_tables', `The database has more than ${maxTables} tables, which is not supported.`)
}

/** Throws when a restored database does not hold what was taken; gives what was compared. */
export function compareContent(restored: Content, expected: Content): string[] {
  if (restored.schemaSha256 !== expected.schemaSha256) throw failedCheck('schema', 'is not the one that was taken')
  const names = new Set([...Object.keys(restored.tables), ...Object.keys(expected.tables)])
  for (const name of names) {
    const [has, had] = [restored.tables[name], expected.tables[name]]
    if (has !== had) throw failedCheck('row counts', `${name} has ${has ?? 'no table'}, not ${had ?? 'no table'}`)
  }
  return ['schema', `row counts of ${names.size} tables`]
}

export function failedCheck(check: string, why: string): Problem {
  return new Problem('proof_failed', `The restored database failed a check: ${check} ${why}.`)
}
