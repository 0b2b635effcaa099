import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessEntry {
  pid: number
  parent: number
  group: number
  session: number
  state: string
}

/** Every process of the machine that is visible. Synchronous: the table changes while one waits. */
export function readProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])
}

function readProcess(pid: number): ProcessEntry | null {
  const stat = readProc(pid, 'stat')
  if (stat === null) return null
  // The name stands in parentheses and may itself contain some.
  const [state = '', parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session) }
}

export function environmentHas(pid: number, entry: string): boolean {
  const environment = readProc(pid, 'environ')
  return environment !== null && `\0${environment}`.includes(`\0${entry}\0`)
}

/** Null when it has ended meanwhile or belongs to somebody else. */
function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return null
  }
}
