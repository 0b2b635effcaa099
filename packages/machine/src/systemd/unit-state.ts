import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'

/** A unit as systemd has it in memory, whatever is on disk by now. */
export interface UnitState {
  /** `loaded`, `not-found`, `masked`, … */
  loadState: string
  activeState: string
  subState: string
  /** `enabled`: started at boot. Empty where there is no file. */
  fileState: string
  /** The file it was read from; empty where there is none. */
  fragmentPath: string
  /** The file on disk is another than the one that was read. */
  needsReload: boolean
  /** How often it started again by itself, since somebody started it. */
  restarts: number
  result: string
  exitCode: number | null
  mainPid: number | null
  activeSince: string | null
  memoryBytes: number | null
}

export const stateProperties = [
  ...['LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'FragmentPath', 'SourcePath', 'NeedDaemonReload'],
  ...['NRestarts', 'Result', 'ExecMainStatus', 'MainPID', 'ActiveEnterTimestamp', 'MemoryCurrent'],
]

export async function unitState(host: Host, unit: string): Promise<UnitState> {
  return stateOf(propertiesIn(await showUnits(host, [unit], stateProperties)))
}

/** A unit's state among the properties that systemd shows of it. */
export function stateOf(shown: Properties): UnitState {
  const of = (property: string) => shown.get(property)?.[0] ?? ''
  return {
    loadState: of('LoadState'),
    activeState: of('ActiveState'),
    subState: of('SubState'),
    fileState: of('UnitFileState'),
    // A unit that was made of an init script has only the path of that.
    fragmentPath: of('FragmentPath') || of('SourcePath'),
    needsReload: of('NeedDaemonReload') === 'yes',
    restarts: wholeOr(of('NRestarts'), 0),
    result: of('Result'),
    exitCode: wholeOr(of('ExecMainStatus'), null),
    mainPid: wholeOr(of('MainPID'), null) || null,
    activeSince: timeOf(of('ActiveEnterTimestamp')),
    memoryBytes: wholeOr(of('MemoryCurrent'), null),
  }
}

/** What systemd prints of units: a property a line, and an empty line between two units. */
export function showUnits(host: Host, units: readonly string[], names: readonly string[]): Promise<string> {
  const argv = ['systemctl', 'show', `--property=${names.join(',')}`, '--', ...units] as const
  // Times in UTC are the only ones that can be read back whatever the server's zone.
  return outputOf(host, { argv, env: { TZ: 'UTC' } })
}

/** Values by property; one such as `EnvironmentFiles` comes once for each of its values. */
export type Properties = ReadonlyMap<string, readonly string[]>

export function propertiesIn(shown: string): Properties {
  const pairs = [...shown.matchAll(/^([A-Za-z]+)=(.*)$/gm)]
  const groups = Map.groupBy(pairs, ([, name = '']) => name)
  return new Map([...groups].map(([name, all]) => [name, all.map(([, , value = '']) => value)]))
}

/** `[not set]`, and 2^64-1 for a number that systemd does not know. */
function wholeOr<T>(text: string, otherwise: T): number | T {
  return /^\d{1,15}$/.test(text) ? Number(text) : otherwise
}

/** `Sat 2026-11-21 16:20:01 UTC` */
export function timeOf(text: string): string | null {
  const found = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/.exec(text)
  return found ? `${found[1]}T${found[2]}Z` : null
}
