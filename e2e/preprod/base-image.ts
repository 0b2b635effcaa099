import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Docker } from '../vps/docker.ts'
import { mustRun } from '../vps/program.ts'
import { telling } from '../vps/tell.ts'

const suite = 'bookworm'
/** What the images of the compose files hold, as Debian has it: PostgreSQL 15 stands in for 16, nginx 1.22 for 1.29. */
const packages = [
  'ca-certificates',
  'certbot',
  'nginx-light',
  'openssl',
  'postgresql',
  'procps',
  // What a package of certbot's asks for by a name that debootstrap does not understand.
  'python3-cffi-backend',
  'redis-server',
  'wget',
]
const minuteSec = 60

/** The name of an image with one Debian under all stand-ins. Its files are made once on this machine, by debootstrap. */
export async function baseImage(docker: Docker): Promise<string> {
  const version = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16)
  const image = `ikoma-preprod-debian:${version}`
  const archive = await fileSystem(version)
  await telling('import the Debian under the stand-ins', () =>
    docker.must(['import', archive, image], { timeoutSec: 5 * minuteSec }),
  )
  return image
}

async function fileSystem(version: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ikoma', 'preprod')
  const archive = join(cache, `${suite}-${version}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'making-'))
  try {
    await telling(`make a Debian ${suite} with debootstrap, once`, () => make(join(folder, 'root')))
    await mustRun(['tar', '--directory', join(folder, 'root'), '--create', '--file', join(folder, 'tar'), '.'])
    for (const old of readdirSync(cache).filter((name) => name.endsWith('.tar'))) rmSync(join(cache, old))
    renameSync(join(folder, 'tar'), archive)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return archive
}

async function make(root: string): Promise<void> {
  const include = `--include=${packages.join(',')}`
  await mustRun(['debootstrap', '--variant=minbase', include, suite, root], { timeoutSec: 15 * minuteSec })
  const garbage = [
    'var/cache/apt/archives',
    'var/lib/apt/lists',
    'usr/share/doc',
    'usr/share/locale',
    'var/lib/postgresql',
  ]
  for (const path of garbage) rmSync(join(root, path), { recursive: true, force: true })
}
