import type { Host } from '../host.ts'
import { becomesReady, type Gate } from '../ready.ts'
import { listeningSockets, processOrigin } from '../system/index.ts'
import { failedStart, logOf, saidBy } from './failed-start.ts'
import { unitState } from './systemctl.ts'

/** Rejects when the unit ends, or is started again by itself, before it is ready; or is not ready in time. */
export async function becomeReady(host: Host, unit: string, gate: Gate): Promise<void> {
  const started = {
    name: unit,
    log: logOf(unit),
    async state() {
      const { activeState, restarts } = await unitState(host, unit)
      return { up: activeState === 'active', restarts }
    },
    ports: () => portsOf(host, unit),
    failed: () => failedStart(host, unit, 'does not stay up'),
    said: () => saidBy(host, unit),
  }
  return becomesReady(host, started, gate)
}

/** The ports that processes of this unit listen on; none where that cannot be seen. */
export async function portsOf(host: Host, unit: string): Promise<number[]> {
  const ports = new Set<number>()
  for (const { port, pid } of await listeningSockets(host).catch(() => [])) {
    if (pid !== null && (await processOrigin(host, pid)).unit === unit) ports.add(port)
  }
  return [...ports]
}
