import { AppError } from '@ikoma/kernel'
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

/** How units are, such as `active`, by name; those that are not installed are left out. */
export async function activeStates(host: Host, units: readonly string[]): Promise<Record<string, string>> {
  const shown = await showUnits(host, units, ['Id', 'LoadState', 'ActiveState'])
  const states: Record<string, string> = {}
  for (const properties of shown.split(/\n{2,}/).map(propertiesIn)) {
    const of = (property: string) => properties.get(property)?.[0] ?? ''
    if (of('LoadState') === 'loaded') states[of('Id')] = of('ActiveState')
  }
  return states
}

export interface TimerState {
  activeState: string
  lastAt: string | null
  /** Null for a timer that counts from its last run: systemd tells no time of the day for those. */
  nextAt: string | null
}

/** Null where there is no such timer. */
export async function timerState(host: Host, unit: string): Promise<TimerState | null> {
  const properties = ['LoadState', 'ActiveState', 'LastTriggerUSec', 'NextElapseUSecRealtime']
  const shown = propertiesIn(await showUnits(host, [unit], properties))
  const of = (property: string) => shown.get(property)?.[0] ?? ''
  const time = (property: string) => timeOf(of(property))
  if (of('LoadState') !== 'loaded') return null
  return {
    activeState: of('ActiveState'),
    lastAt: time('LastTriggerUSec'),
    nextAt: time('NextElapseUSecRealtime'),
  }
}

export const isUp = ({ activeState }: Pick<UnitState, 'activeState'>) => !['inactive', 'failed'].includes(activeState)

type Verb = 'start' | 'stop' | 'restart' | 'enable' | 'disable' | 'reset-failed'

export async function systemctl(host: Host, verb: Verb, unit: string): Promise<void> {
  await outputOf(host, { argv: ['systemctl', verb, '--no-ask-password', '--', unit], timeoutSec: unitTimeoutSec })
}

/** Tells systemd to do this to a unit that may be gone already: that it refuses is no failure. */
export async function systemctlIfThere(host: Host, verb: Verb, unit: string): Promise<void> {
  await host.run({ argv: ['systemctl', verb, '--no-ask-password', '--', unit], timeoutSec: unitTimeoutSec })
}

export async function reloadUnits(host: Host): Promise<void> {
  await outputOf(host, { argv: ['systemctl', 'daemon-reload', '--no-ask-password'] })
}

/**
 * Watches a unit for a while, or while something is waited for, and rejects when it is not up at the end of it, or had to be started again. The wait is a
 * program of the machine, so that what stops the order ends it.
 */
export async function stayUp(host: Host, unit: string, wait: number | (() => Promise<void>)): Promise<void> {
  const before = await unitState(host, unit)
  if (typeof wait === 'function') await wait()
  else if (wait > 0) await outputOf(host, { argv: ['sleep', String(wait)], timeoutSec: wait + 30 })
  const { activeState, subState, restarts, result, exitCode } = await unitState(host, unit)
  if (activeState === 'active' && restarts === before.restarts) return
  const end = `it is ${activeState} (${subState}), its last run ended with ${result}, exit code ${exitCode ?? 'none'}`
  const where = `service.systemd.logs, or journalctl -u ${unit}`
  // Not its words here: what a program says when it crashes may be a secret that nobody knows to redact.
  throw new AppError('unprocessable', `${unit} does not stay up: ${end}. Its log says why: ${where}`, {
    reason: 'service_does_not_stay_up',
  })
}

/** Stopping waits for the program, starting a job for its end. */
const unitTimeoutSec = 600

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
function timeOf(text: string): string | null {
  const found = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/.exec(text)
  return found ? `${found[1]}T${found[2]}Z` : null
}
