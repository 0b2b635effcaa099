import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'

/** Whether the clock follows that of a time server. */
export async function isClockSynchronized(host: Host): Promise<boolean> {
  const said = await outputOf(host, { argv: ['timedatectl', 'show', '--property=NTPSynchronized', '--value'] })
  return said.trim() === 'yes'
}
