import type { OrderResource } from '@ikoma/api'
import type { ControlPlane, EnrolledRunner } from './world.ts'

/** Scopes of a runner that may run programs: both the control plane and the server's own policy must say so. */
export const shellScopes = {
  scopes: ['runner', 'system', 'check', 'shell'],
  policy: ['runner', 'system', 'check', 'shell'],
}

/** Places a shell.run and approves it. */
export async function placeShell(
  { client }: Pick<ControlPlane, 'client'>,
  runner: Pick<EnrolledRunner, 'id'>,
  payload: { argv: string[]; env?: Record<string, string | { secret: string } | { plain: string }> },
  options: { timeoutSec?: number; resourceKey?: string } = {},
): Promise<OrderResource> {
  const order = await client.placeOrder({ type: 'shell.run', runnerId: runner.id, payload, ...options })
  return client.approveOrder(order.id)
}
