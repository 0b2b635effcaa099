import type { Host } from '../host.ts'
import { outputOf, toolFailed } from '../must-run.ts'
import { failedStart } from './failed-start.ts'
import { propertiesIn, showUnits, timeOf, type UnitState, unitState } from './unit-state.ts'

export { type UnitState, unitState } from './unit-state.ts'

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
  const argv = ['systemctl', verb, '--no-ask-password', '--', unit] as const
  const exit = await host.run({ argv, timeoutSec: unitTimeoutSec })
  if (exit.code === 0) return
  // "See systemctl status" helps nobody who is not there.
  const ended = isStart(verb) && (await unitState(host, unit)).activeState === 'failed'
  throw ended ? await failedStart(host, unit, 'does not start') : toolFailed('systemctl', exit)
}

const isStart = (verb: Verb) => verb === 'start' || verb === 'restart'

/** Tells systemd to do this to a unit that may be gone already: that it refuses is no failure. */
export async function systemctlIfThere(host: Host, verb: Verb, unit: string): Promise<void> {
  await host.run({ argv: ['systemctl', verb, '--no-ask-password', '--', unit], timeoutSec: unitTimeoutSec })
}

export async function reloadUnits(host: Host): Promise<void> {
  await outputOf(host, { argv: ['systemctl', 'daemon-reload', '--no-ask-password'] })
}

/** Stopping waits for the program, starting a job for its end. */
const unitTimeoutSec = 600
