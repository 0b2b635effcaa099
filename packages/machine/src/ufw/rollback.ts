import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import { renderRollbackService, renderRollbackTimer } from './rollback-unit.ts'
import { readUfwFiles, type UfwState, ufwFiles } from './ufw.ts'

/** Beside ufw's own files: nobody but root may name what root will copy back. */
const folder = '/etc/ufw/ikoma'
const pendingFolder = `${folder}/before`
const doneFolder = `${folder}/rolled-back`
const service = 'ikoma-firewall-rollback.service'
const timer = 'ikoma-firewall-rollback.timer'
const units = [`/etc/systemd/system/${service}`, `/etc/systemd/system/${timer}`] as const

const rootOnly = { mode: 0o700, owner: 'root', group: 'root' }
const unitAccess = { mode: 0o644, owner: 'root', group: 'root' }
const copies = ufwFiles.map((original) => ({
  original,
  copy: `${pendingFolder}/${original.slice(1).replaceAll('/', '-')}`,
}))
/** The file that is written last, so that a copy that was cut is none. */
const complete = `${pendingFolder}/complete`

/** Whether systemd will put the firewall back unless somebody confirms it. */
export async function awaitsConfirmation(host: Host): Promise<boolean> {
  if ((await host.look(complete)) === null) return false
  const { stdout } = await host.run({ argv: ['systemctl', 'is-active', '--', timer] })
  return stdout.trim() === 'active'
}

export async function wasRolledBack(host: Host): Promise<boolean> {
  return (await host.look(doneFolder)) !== null
}

/**
 * Has systemd put the firewall back after so long, whatever becomes of the runner, of this order and of the machine's
 * power. What a change that still waits to be confirmed started from is what it goes back to.
 */
export async function armRollback(host: Host, before: UfwState, afterSec: number): Promise<Change> {
  await needSystemd(host)
  const again = await awaitsConfirmation(host)
  return {
    title: `have systemd put the firewall back after ${afterSec} s unless it is confirmed`,
    diff: null,
    apply: async (on) => {
      if (!again) await keepCopies(on, before)
      await on.write(units[1], { content: renderRollbackTimer({ unit: service, afterSec }), ...unitAccess })
      await removeFolder(on, doneFolder)
      await mustRun(on, { argv: ['systemctl', 'daemon-reload'] })
      await mustRun(on, { argv: ['systemctl', 'enable', '--', timer] })
      await mustRun(on, { argv: ['systemctl', 'restart', '--', timer] })
    },
    undo: async (on) => {
      if (!again) await disarm(on)
    },
  }
}

/** The firewall as it is now, for good. */
export const confirmedFirewall: Desired = async (host) => {
  const armed = await awaitsConfirmation(host)
  if (!armed && (await wasRolledBack(host))) {
    const message = 'Nobody confirmed the firewall in time, and it was put back as it was. Apply it again.'
    throw new AppError('unprocessable', message, { reason: 'rolled_back' })
  }
  const left = await Promise.all([...units, folder].map((path) => host.look(path)))
  if (!armed && left.every((entry) => entry === null)) return []
  return [{ title: 'keep the firewall as it is', diff: null, apply: disarm, undo: null }]
}

async function keepCopies(host: Host, { enabled }: UfwState): Promise<void> {
  await removeFolder(host, pendingFolder)
  await host.makeDirectory(folder, rootOnly)
  await host.makeDirectory(pendingFolder, rootOnly)
  for (const { path, ...was } of await readUfwFiles(host)) {
    const kept = copies.find(({ original }) => original === path)
    if (kept) await host.write(kept.copy, was)
  }
  const content = renderRollbackService({ copies, pendingFolder, doneFolder, enabled })
  await host.write(units[0], { content, ...unitAccess })
  await host.write(complete, { content: '', ...rootOnly })
}

/** The danger first: from here on, nothing is put back any more. */
async function disarm(host: Host): Promise<void> {
  if (await host.look(units[1])) await mustRun(host, { argv: ['systemctl', 'disable', '--now', '--', timer] })
  for (const unit of units) await host.remove(unit)
  await mustRun(host, { argv: ['systemctl', 'daemon-reload'] })
  await removeFolder(host, pendingFolder)
  if ((await host.list(folder)).length === 0) await host.remove(folder)
}

async function removeFolder(host: Host, path: string): Promise<void> {
  for (const name of await host.list(path)) await host.remove(`${path}/${name}`)
  await host.remove(path)
}

/** Rejects where systemd does not run: nothing would put the firewall back. */
async function needSystemd(host: Host): Promise<void> {
  const { stdout } = await host.run({ argv: ['systemctl', 'is-system-running'] })
  if (!/^(offline|unknown)?\s*$/.test(stdout)) return
  const message = 'systemd does not run here, so nothing could put the firewall back if it locks you out.'
  throw new AppError('unprocessable', message, { reason: 'no_systemd' })
}
