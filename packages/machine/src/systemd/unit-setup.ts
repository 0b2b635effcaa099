import type { Host } from '../host.ts'
import { filesMatching } from './environment-files.ts'
import { propertiesIn, showUnits, stateOf, stateProperties, type UnitState } from './unit-state.ts'

/** A unit with what it runs as, whoever made it. */
export interface UnitSetup extends UnitState {
  /** Seconds since it became active, by a clock that nobody sets; null when it is not. */
  upSec: number | null
  /** Seconds since its last main process was started, whatever became of it; null when none was. */
  startedSecAgo: number | null
  /** `simple`, `notify`, `oneshot`, … */
  type: string
  /** systemd makes an account for each start. */
  dynamicUser: boolean
  /** What ExecStart= names first; empty where nothing is. */
  program: string
  user: string
  workingDirectory: string
  environmentFiles: string[]
  /** Those of them without which it does not start. */
  requiredFiles: string[]
  /** Its variables, to know what must be hidden; never to be shown. */
  environment: Record<string, string>
}

const setupProperties = [
  ...['User', 'WorkingDirectory', 'EnvironmentFiles', 'Environment', 'ActiveEnterTimestampMonotonic'],
  ...['ExecMainStartTimestampMonotonic', 'Type', 'DynamicUser', 'ExecStart'],
] as const

export async function unitSetup(host: Host, unit: string): Promise<UnitSetup> {
  const said = await showUnits(host, [unit], [...stateProperties, ...setupProperties])
  const shown = propertiesIn(said)
  const of = (property: (typeof setupProperties)[number]) => shown.get(property) ?? []
  const state = stateOf(shown)
  const [active, main] = [of('ActiveEnterTimestampMonotonic')[0], of('ExecMainStartTimestampMonotonic')[0]]
  const begun = [main, active].find((usec) => usec !== undefined && Number(usec) > 0)
  return {
    ...state,
    upSec: state.activeState === 'active' ? await secondsSince(host, active) : null,
    startedSecAgo: begun === undefined ? null : await secondsSince(host, begun, 0.001),
    type: of('Type')[0] ?? '',
    dynamicUser: of('DynamicUser')[0] === 'yes',
    program: /\bpath=([^ ;]+)/.exec(of('ExecStart').at(-1) ?? '')?.[1] ?? '',
    user: of('User')[0] || 'root',
    workingDirectory: (of('WorkingDirectory')[0] ?? '').replace(/^[!-]/, ''),
    environmentFiles: await filesOf(host, of('EnvironmentFiles')),
    requiredFiles: await filesOf(
      host,
      of('EnvironmentFiles').filter((each) => !each.endsWith('(ignore_errors=yes)')),
    ),
    environment: environmentIn(said),
  }
}

async function filesOf(host: Host, shown: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const each of shown) files.push(...(await filesMatching(host, each.replace(/ \(ignore_errors=(yes|no)\)$/, ''))))
  return [...new Set(files)]
}

async function secondsSince(host: Host, monotonicUsec = '0', unit = 1): Promise<number> {
  const uptimeSec = Number.parseFloat((await host.read('/proc/uptime')) ?? '0')
  return Math.max(0, Math.round((uptimeSec - Number(monotonicUsec) / 1_000_000) / unit) * unit)
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
