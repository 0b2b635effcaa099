import { AppError } from '@ikoma/kernel'
import type { AptRepository } from '../apt/index.ts'
import type { Host } from '../host.ts'
import type { Platform } from './platform.ts'
import { atLeast } from './versions.ts'

interface WantedServer<Source extends string> {
  source: Source
  minVersion?: string | undefined
}

/** Caddy: Debian's, or the project's own repository, which has later ones. */
export function caddyPlatform({ source, minVersion }: WantedServer<'debian' | 'cloudsmith'>): Platform {
  const cloudsmith = {
    name: 'caddy',
    url: 'https://dl.cloudsmith.io/public/caddy/stable/deb/debian',
    suite: 'any-version',
    component: 'main',
    key: {
      url: 'https://dl.cloudsmith.io/public/caddy/stable/gpg.key',
      fingerprint: '65760C51EDEA2017CEA2CA15155B6D79CA56EA34',
    },
  }
  return {
    name: 'Caddy',
    packages: [{ name: 'caddy', version: atLeast(minVersion) }],
    rivals: [],
    repository: source === 'cloudsmith' ? cloudsmith : null,
    program: { name: 'caddy', versionArgs: ['version'], accepts: atLeast(minVersion)?.accepts ?? any },
  }
}

export function nginxPlatform({ minVersion }: WantedServer<'debian'>): Platform {
  return {
    name: 'nginx',
    packages: [{ name: 'nginx', version: atLeast(minVersion) }],
    rivals: [],
    repository: null,
    program: { name: 'nginx', versionArgs: ['-v'], accepts: atLeast(minVersion)?.accepts ?? any },
  }
}

const fromDebian = ['docker.io', 'docker-compose']
const fromDocker = ['docker-ce', 'docker-ce-cli', 'containerd.io', 'docker-buildx-plugin', 'docker-compose-plugin']
/** Which of Debian's and Ubuntu's packages stand in the way: https://docs.docker.com/engine/install/debian/ */
const besideDocker = ['docker-doc', 'docker-compose-v2', 'docker-buildx', 'podman-docker', 'containerd', 'runc']

/** Docker with compose: Debian's packages, or Docker's own repository for this release of Debian or Ubuntu. */
export async function dockerPlatform(
  host: Host,
  { source, minVersion }: WantedServer<'debian' | 'docker'>,
): Promise<Platform> {
  const version = atLeast(minVersion)
  const wanted = (names: readonly string[]) => names.map((name) => ({ name }))
  const [engine = '', ...rest] = source === 'docker' ? fromDocker : fromDebian
  return {
    name: 'Docker',
    packages: [{ name: engine, version }, ...wanted(rest)],
    rivals: wanted(source === 'docker' ? [...fromDebian, ...besideDocker] : [...fromDocker, 'podman-docker']),
    repository: source === 'docker' ? await dockerRepository(host) : null,
    program: { name: 'docker', versionArgs: ['--version'], accepts: version?.accepts ?? any },
  }
}

async function dockerRepository(host: Host): Promise<AptRepository> {
  const release = (await host.read('/etc/os-release')) ?? ''
  const [, id] = /^ID="?(debian|ubuntu)"?$/m.exec(release) ?? []
  const [, codename] = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(release) ?? []
  if (!id || !codename) {
    const message = 'Docker has packages for Debian and Ubuntu only, and /etc/os-release names neither.'
    throw new AppError('unprocessable', message, { reason: 'unsupported_system' })
  }
  const url = `https://download.docker.com/linux/${id}`
  return {
    name: 'docker',
    url,
    suite: codename,
    component: 'stable',
    key: { url: `${url}/gpg`, fingerprint: '9DC858229FC7DD38854AE2D88D81803C0EBFCD88' },
  }
}

function any(): boolean {
  return true
}
