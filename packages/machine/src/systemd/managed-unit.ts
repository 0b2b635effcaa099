import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { type UnitState, unitState } from './systemctl.ts'

/** What an order wrote the unit for: another kind of order does not overwrite it. */
export type UnitKind = 'service' | 'timer'

export const unitPath = (unit: string) => `/etc/systemd/system/${unit}`

/** Where a unit's variables are, for root alone to read. systemd takes it for no unit. */
export const environmentPath = (unit: string) => `${unitPath(unit)}.env`

/** A note from before a unit is changed until it runs as it was written: whoever finds it restarts the unit. */
export const notePath = (unit: string) => `/run/ikoma-restart.${unit}`

export const header = (kind: UnitKind) =>
  `# Written by IKOMA for a ${kind}. What is changed here is lost with its next order.\n`

/**
 * The unit's state, when it is not there or was made by an order of this kind. Rejects for units of the system, of
 * people and of another kind: an order never touches those.
 */
async function ownUnit(host: Host, unit: string, kind: UnitKind): Promise<UnitState> {
  const state = await unitState(host, unit)
  const path = unitPath(unit)
  if (state.fragmentPath !== '' && state.fragmentPath !== path) throw foreign(unit, state.fragmentPath)
  const entry = await host.look(path)
  if (entry === null) return state
  const content = entry.kind === 'file' ? await host.read(path) : null
  if (!content?.startsWith(header(kind))) throw foreign(unit, path)
  return state
}

/** The states of several own units by name, asked one after the other; rejects for the first that is not. */
export async function ownUnits(host: Host, units: readonly string[], kind: UnitKind): Promise<Map<string, UnitState>> {
  const states = new Map<string, UnitState>()
  for (const unit of units) states.set(unit, await ownUnit(host, unit, kind))
  return states
}

/** Whether an order, of whatever kind, made this unit. */
export async function isManaged(host: Host, unit: string): Promise<boolean> {
  const entry = await host.look(unitPath(unit))
  const content = entry?.kind === 'file' ? await host.read(unitPath(unit)) : null
  return content?.startsWith(header('service')) || content?.startsWith(header('timer')) || false
}

/** Rejects for a unit that no order of IKOMA made. */
export async function refuseUnmanaged(host: Host, unit: string): Promise<void> {
  if (await isManaged(host, unit)) return
  throw new AppError('unprocessable', `${unit} was not made by an order. service.systemd.apply makes one.`, {
    reason: 'foreign_unit',
  })
}

/** Beside the services of apps, what IKOMA installs: what others log may not be for who places orders. */
const readable = ['caddy', 'nginx', 'docker', 'postgresql', 'redis-server'].map((name) => `${name}.service`)

/** Rejects for a unit whose log may not be read. */
export async function refuseUnreadable(host: Host, unit: string): Promise<void> {
  if (!readable.includes(unit)) await refuseUnmanaged(host, unit)
}

function foreign(unit: string, path: string): AppError {
  const message = `${unit} is there already and was not made by this kind of order: ${path}. Choose another name, or remove it by hand.`
  return new AppError('unprocessable', message, { reason: 'foreign_unit' })
}
