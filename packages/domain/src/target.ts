/**
 * Who may claim an order, fixed at placement; a requeue never changes it.
 * Written `runner:<id>`, `server:<id>` or `scope:<scope>` so that one indexed column answers "what may this runner claim".
 */
export type Target = `runner:${string}` | `server:${string}` | `scope:${string}`

export function targetOf(order: { runnerId?: string | null; serverId?: string | null; scope?: string | null }): Target {
  if (order.runnerId) return `runner:${order.runnerId}`
  if (order.serverId) return `server:${order.serverId}`
  return `scope:${order.scope}`
}

/** Every target that a runner answers to. */
export function targetsOfRunner(runner: { id: string; serverId: string | null; scopes: readonly string[] }): Target[] {
  const targets: Target[] = [`runner:${runner.id}`]
  if (runner.serverId) targets.push(`server:${runner.serverId}`)
  for (const scope of runner.scopes) targets.push(`scope:${scope}`)
  return targets
}

/** The runner an order is bound to by name, or null when a server or a scope is its target. */
export function boundRunnerId(target: string): string | null {
  return target.startsWith('runner:') ? target.slice('runner:'.length) : null
}

/** The scope an order is addressed to, or null when a runner or a server is its target. */
export function boundScope(target: string): string | null {
  return target.startsWith('scope:') ? target.slice('scope:'.length) : null
}
