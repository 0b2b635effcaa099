import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Docker } from './docker.ts'
import { mustRun } from './program.ts'
import { telling } from './tell.ts'

const suite = 'bookworm'
/** What a hoster puts on a Debian server, and no more: everything else is for orders to install. */
const packages = [
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
]
const minuteSec = 60

/**
 * The name of an image with a bare Debian whose first process is systemd. Its files are made once by debootstrap and kept
 * under a name made from this file, so that a change of it makes them anew.
 */
export async function baseImage(docker: Docker): Promise<string> {
  const version = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16)
  const image = `ikoma-vps:${version}`
  if ((await docker.run(['image', 'inspect', image])).code === 0) return image
  const archive = await fileSystem(version)
  await telling(`import the Debian host as ${image}`, () =>
    docker.must(['import', archive, image], { timeoutSec: 5 * minuteSec }),
  )
  return image
}

async function fileSystem(version: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ikoma', 'vps')
  const archive = join(cache, `${suite}-${version}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'making-'))
  try {
    await telling(`make a bare Debian ${suite} with debootstrap, once`, () => make(folder))
    await mustRun(['tar', '--directory', join(folder, 'root'), '--create', '--file', join(folder, 'tar'), '.'])
    for (const old of readdirSync(cache).filter((name) => name.endsWith('.tar'))) rmSync(join(cache, old))
    renameSync(join(folder, 'tar'), archive)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return archive
}

async function make(folder: string): Promise<void> {
  const root = join(folder, 'root')
  const include = `--include=${packages.join(',')}`
  await mustRun(['debootstrap', '--variant=minbase', include, suite, root], { timeoutSec: 15 * minuteSec })
  for (const name of readdirSync(join(root, 'var/cache/apt/archives'))) {
    if (name.endsWith('.deb')) rmSync(join(root, 'var/cache/apt/archives', name))
  }
  // A container has no terminal for it, and each host shall make its own keys.
  await mustRun(['chroot', root, 'systemctl', 'mask', 'console-getty.service', 'getty@tty1.service'])
}
