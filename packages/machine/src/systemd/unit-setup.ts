import type { Host } from '../host.ts'
import { filesMatching } from './environment-files.ts'
import { propertiesIn, showUnits, stateOf, stateProperties, type UnitState } from './systemctl.ts'

/** A unit with what it runs as, whoever made it. */
export interface UnitSetup extends UnitState {
  /** Seconds since it became active, by a clock that nobody sets; null when it is not. */
  upSec: number | null
  user: string
  workingDirectory: string
  environmentFiles: string[]
  /** Its variables, to know what must be hidden; never to be shown. */
  environment: Record<string, string>
}

const setupProperties = [
  ...['User', 'WorkingDirectory', 'EnvironmentFiles', 'Environment', 'ActiveEnterTimestampMonotonic'],
] as const

export async function unitSetup(host: Host, unit: string): Promise<UnitSetup> {
  const said = await showUnits(host, [unit], [...stateProperties, ...setupProperties])
  const shown = propertiesIn(said)
  const of = (property: (typeof setupProperties)[number]) => shown.get(property) ?? []
  const state = stateOf(shown)
  return {
    ...state,
    upSec: state.activeState === 'active' ? await secondsSince(host, of('ActiveEnterTimestampMonotonic')[0]) : null,
    user: of('User')[0] || 'root',
    workingDirectory: (of('WorkingDirectory')[0] ?? '').replace(/^[!-]/, ''),
    environmentFiles: await filesOf(host, of('EnvironmentFiles')),
    environment: environmentIn(said),
  }
}

async function filesOf(host: Host, shown: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const each of shown) files.push(...(await filesMatching(host, each.replace(/ \(ignore_errors=(yes|no)\)$/, ''))))
  return [...new Set(files)]
}

async function secondsSince(host: Host, monotonicUsec = '0'): Promise<number> {
  const uptimeSec = Number.parseFloat((await host.read('/proc/uptime')) ?? '0')
  return Math.max(0, Math.round(uptimeSec - Number(monotonicUsec) / 1_000_000))
}

const environment = /^Environment=((?:"(?:[^"\\]|\\[\s\S])*"|[^"\n])*)$/gm

/** systemd prints the variables on one line, in quotes with escapes where they hold more than plain letters. */
function environmentIn(shown: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, line = ''] of shown.matchAll(environment)) {
    for (const [, quoted, bare = ''] of line.matchAll(/"((?:[^"\\]|\\[\s\S])*)"|([^\s"]+)/g)) {
      const word = quoted?.replace(/\\([\s\S])/g, '$1') ?? bare
      found[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1)
    }
  }
  return found
}
