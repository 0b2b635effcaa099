import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { Change } from '../plan.ts'
import type { Pm2Process } from './ecosystem-file.ts'
import { pm2Unit } from './pm2.ts'

/** PM2 itself takes some 60 MB. */
const ofPm2 = 128 * 1024 ** 2
/** A clock takes some 60 MB for a moment. */
const ofClock = 64 * 1024 ** 2

/**
 * What all processes of an account may take together; null where one of them has no limit. PM2 looks every half a minute, and
 * until then a process takes what there is: this holds at once.
 */
export function memoryLimitOf(processes: readonly Pm2Process[]): number | null {
  const each = processes.map(({ maxMemoryBytes, instances = 1 }) => maxMemoryBytes && maxMemoryBytes * instances)
  if (each.length === 0 || each.some((bytes) => !bytes)) return null
  const clocks = processes.filter(({ cron }) => cron !== undefined).length
  return each.reduce((sum: number, bytes) => sum + (bytes ?? 0), ofPm2 + clocks * ofClock)
}

/** The unit of an account's PM2 with this limit, at once and at each boot. */
export async function limitedMemory(host: Host, user: string, wanted: number | null): Promise<Change[]> {
  const unit = pm2Unit(user)
  const shown = await outputOf(host, { argv: ['systemctl', 'show', '--property=MemoryMax', '--', unit] })
  const before = /^MemoryMax=(\d+)$/m.exec(shown)?.[1] ?? 'infinity'
  const next = wanted === null ? 'infinity' : String(wanted)
  if (before === next) return []
  const set = (limit: string) => (on: Host) =>
    mustRun(on, { argv: ['systemctl', 'set-property', '--no-ask-password', '--', unit, `MemoryMax=${limit}`] })
  const title =
    next === 'infinity' ? `lift the memory limit of ${unit}` : `limit the memory of ${unit} to ${next} bytes`
  return [{ title, diff: `-${before}\n+${next}`, apply: set(next), undo: set(before) }]
}
