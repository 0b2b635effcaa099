import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'

/** Whose members can become root, or read what only root should. */
const powerfulGroups = new Set([
  ...['root', 'sudo', 'wheel', 'admin', 'adm', 'staff', 'shadow', 'systemd-journal'],
  ...['docker', 'podman', 'lxd', 'incus', 'incus-admin', 'libvirt', 'libvirt-qemu', 'microk8s', 'kvm'],
  ...['disk', 'kmem', 'tape', 'tty', 'input'],
])

/** The runner may ask the executor, and nobody else may. */
function isPowerful(group: string, user?: string): boolean {
  return powerfulGroups.has(group) || (group === 'ikoma' && user !== 'ikoma')
}

/** Refuses what would make an account as good as root: an order that may make users is not one that may make roots. */
export function refusePowerfulGroups(groups: readonly string[]): void {
  const powerful = groups.find((name) => isPowerful(name))
  if (powerful === undefined) return
  throw new AppError('unprocessable', `Members of the group ${powerful} can become root. Add them by hand.`, {
    reason: 'powerful_group',
  })
}

/** Refuses to run something as a user who is not there, who is root, or who can become root through a group. */
export async function refusePowerfulUser(host: Host, user: string, group: string = user): Promise<void> {
  const id = await host.run({ argv: ['id', '--user', '--', user] })
  if (id.code !== 0) {
    throw new AppError('unprocessable', `There is no user ${user}. Make it first: system.user.apply.`, {
      reason: 'no_such_user',
    })
  }
  const { stdout } = await host.run({ argv: ['id', '--name', '--groups', '--', user] })
  const powerful = [group, ...stdout.trim().split(' ')].find((name) => isPowerful(name, user))
  if (id.stdout.trim() === '0' || powerful !== undefined) {
    const why = powerful === undefined ? 'is root' : `would be in the group ${powerful}, whose members can become root`
    throw new AppError('unprocessable', `${user} ${why}. An app runs as an account of its own.`, {
      reason: 'powerful_user',
    })
  }
}
