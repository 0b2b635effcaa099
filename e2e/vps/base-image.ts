import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DebianRecipe } from '../kit/debian.ts'
import { mustRun } from './program.ts'

/** A bare Debian whose first process is systemd: what a hoster puts on a server. Everything else is for orders to install. */
export const bareDebian: DebianRecipe = {
  name: 'vps',
  file: import.meta.filename,
  packages: [
    'ca-certificates',
    'curl',
    'dbus',
    'git',
    'iproute2',
    'openssh-server',
    'openssl',
    'procps',
    'sudo',
    'systemd',
    'systemd-sysv',
    'tzdata',
    'ufw',
  ],
  async finish(root) {
    const kept = join(root, 'var/cache/apt/archives')
    for (const name of readdirSync(kept).filter((each) => each.endsWith('.deb'))) rmSync(join(kept, name))
    // A container has no terminal for it, and each host shall make its own keys.
    await mustRun(['chroot', root, 'systemctl', 'mask', 'console-getty.service', 'getty@tty1.service'])
  },
}
