import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { Desired } from '../plan.ts'
import { downgrade, renew, simulate, type Transaction, transact, upgrade } from './apt.ts'

export type UpdateScope = 'security' | 'all'

export interface Update {
  name: string
  before: string
  after: string
  security: boolean
}

/** What there is to upgrade, by the lists as they are: fetch them first. Packages that are held back are left out. */
export async function listUpdates(host: Host, scope: UpdateScope): Promise<Update[]> {
  const { installs } = await simulate(host, upgrade, [])
  const updates = installs.flatMap(({ name, before, after, from }) =>
    before === null ? [] : [{ name, before, after, security: /security/i.test(from) }],
  )
  return updates.filter(({ security }) => security || scope === 'all')
}

/** The packages of this machine as new as its repositories have them. Nothing is removed. */
export function upToDate(scope: UpdateScope): Desired {
  return async (host) => {
    const updates = await listUpdates(host, scope)
    if (updates.length === 0) return []
    return [
      {
        title: `upgrade ${updates.length} ${updates.length === 1 ? 'package' : 'packages'}`,
        diff: updates.flatMap(({ name, before, after }) => [`-${name} ${before}`, `+${name} ${after}`]).join('\n'),
        apply: (on) => (scope === 'all' ? transact(on, upgrade, []) : upgradeOnly(on, updates)),
        undo: (on) =>
          transact(
            on,
            downgrade,
            updates.map(({ name, before }) => `${name}=${before}`),
          ),
      },
    ]
  }
}

async function upgradeOnly(host: Host, updates: readonly Update[]): Promise<void> {
  const specs = updates.map(({ name, after }) => `${name}=${after}`)
  refuseRemovals(await simulate(host, renew, specs))
  await transact(host, renew, specs)
}

function refuseRemovals({ removes }: Transaction): void {
  if (removes.length === 0) return
  const names = removes.map(({ name }) => name).join(', ')
  throw new AppError('unprocessable', `The security updates would remove ${names}. Order all updates instead.`, {
    reason: 'would_remove',
  })
}

/** Why the machine has to be started anew to use what is installed; empty when it has not. */
export async function rebootReasons(host: Host): Promise<string[]> {
  const named = (await host.read('/run/reboot-required.pkgs')) ?? ''
  const reasons = new Set(named.split('\n').filter((name) => name !== ''))
  if (reasons.size === 0 && (await host.look('/run/reboot-required'))) reasons.add('another program says so')
  const kernel = await waitingKernel(host)
  if (kernel !== null) reasons.add(`kernel ${kernel}`)
  return [...reasons]
}

/** A newer kernel than the one that runs; null where it runs already, or where there is none, as in a container. */
async function waitingKernel(host: Host): Promise<string | null> {
  const kernels = (await host.list('/boot')).flatMap((name) => /^vmlinuz-(\d.*)$/.exec(name)?.[1] ?? [])
  const newest = kernels.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  if (newest === undefined) return null
  const running = (await outputOf(host, { argv: ['uname', '--kernel-release'] })).trim()
  return kernels.includes(running) && running !== newest ? newest : null
}
