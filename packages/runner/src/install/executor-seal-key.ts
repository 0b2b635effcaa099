import { newBoxKey } from '@ikoma/kernel/node'
import type { Desired, Host } from '@ikoma/machine'
import * as places from './places.ts'

/** A key of the executor's own, made once: an order's secrets are encrypted to it, so that the runner cannot read them. */
export const executorSealKey: Desired = async (host) => {
  const path = places.executorSealKey
  if ((await host.look(path)) !== null) return []
  const apply = (on: Host) => on.write(path, { content: newBoxKey().toPem(), ...places.byRoot, mode: 0o600 })
  return [{ title: `make ${path}, which opens secrets`, diff: null, apply, undo: (on) => on.remove(path) }]
}
