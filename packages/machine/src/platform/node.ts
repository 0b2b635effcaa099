import { AppError } from '@ikoma/kernel'
import { packages } from '../apt/index.ts'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { Desired } from '../plan.ts'
import type { Stage } from '../stages.ts'
import { directory, link, unpackedArchive, type WantedArchive } from '../system/index.ts'
import { installedPlatform, type Platform, type PlatformChoices, survey } from './platform.ts'
import { majorVersion } from './versions.ts'

export interface WantedNode extends PlatformChoices {
  major: number
  source: 'nodesource' | 'debian' | 'tarball'
  /** For `tarball`: the official archive for Linux, from any address. */
  tarball?: NodeTarball | undefined
}

interface NodeTarball {
  version: string
  sha256: string
  baseUrl: string
}

const tarballFolder = '/usr/local/lib/nodejs'
const tarballPrograms = ['node', 'npm', 'npx']
const pathOf = (program: string) => `/usr/local/bin/${program}`

/** Node.js of one major version. */
export function node(wanted: WantedNode): Stage[] {
  const { tarball, upgradeDependencies } = wanted
  const platform = nodePlatform(wanted)
  const installed = installedPlatform(platform, wanted)
  if (wanted.source !== 'tarball' || tarball === undefined) return installed
  const tools = [{ name: 'ca-certificates' }, { name: 'curl' }]
  const unpacked: Desired[] = [
    packages({ install: tools, upgradeDependencies }),
    directory({ path: tarballFolder, owner: 'root', group: 'root', mode: 0o755 }),
    async (host) => unpackedArchive(await archiveOf(host, tarball))(host),
  ]
  const linked: Desired[] = tarballPrograms.map((program) => async (host) => {
    const { path: folder } = await archiveOf(host, tarball)
    return link({ path: pathOf(program), target: `${folder}/bin/${program}` })(host)
  })
  const staleIn = async (host: Host) => (await survey(host, platform)).filter(({ stale }) => stale)
  return [
    // What is stale goes only once the archive is there.
    { title: 'fetch and unpack the archive', desired: unpacked },
    ...installed,
    {
      title: `link ${tarballPrograms.join(', ')} in /usr/local/bin`,
      desired: linked,
      // A link in the place of a stale program can be planned only when that is gone.
      foreseen: async (host) => (await staleIn(host)).length === 0,
      certain: linked.map((one, index) => async (host) => {
        const path = pathOf(tarballPrograms[index] ?? '')
        return (await staleIn(host)).some(({ name }) => name === path) ? [] : one(host)
      }),
    },
  ]
}

export function nodePlatform({ major, source, tarball }: WantedNode): Platform {
  const version = majorVersion(major)
  const program = { name: 'node', versionArgs: ['--version'], accepts: version.accepts }
  const nodejs = { name: 'nodejs', version }
  // NodeSource's package has npm in it, and files of these two.
  const [npm, headers] = [{ name: 'npm' }, { name: 'libnode-dev' }]
  if (source === 'debian') return { name: 'Node.js', program, repository: null, packages: [nodejs, npm], rivals: [] }
  if (source === 'nodesource') {
    return { name: 'Node.js', program, repository: nodesource(major), packages: [nodejs], rivals: [npm, headers] }
  }
  const exact = { ...program, accepts: (found: string) => found === tarball?.version }
  const own = { repository: null, ownFolder: tarballFolder }
  return { name: 'Node.js', program: exact, packages: [], rivals: [nodejs], ...own }
}

/** https://github.com/nodesource/distributions: the repository its setup script writes, and its key. */
function nodesource(major: number): Platform['repository'] {
  return {
    name: 'nodesource',
    url: `https://deb.nodesource.com/node_${major}.x`,
    suite: 'nodistro',
    component: 'main',
    key: {
      url: 'https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key',
      fingerprint: '6F71F525282841EEDAF851B42F59B5F99B1BE0B4',
    },
    pin: { packages: ['nodejs'], origin: 'deb.nodesource.com', priority: 600 },
  }
}

async function archiveOf(host: Host, { version, sha256, baseUrl }: NodeTarball): Promise<WantedArchive> {
  const name = `node-v${version}-linux-${await architecture(host)}`
  const url = `${baseUrl.replace(/\/$/, '')}/v${version}/${name}.tar.gz`
  return { url, sha256, path: `${tarballFolder}/${name}` }
}

const architectures: Readonly<Record<string, string>> = { x86_64: 'x64', aarch64: 'arm64' }

async function architecture(host: Host): Promise<string> {
  const machine = (await outputOf(host, { argv: ['uname', '--machine'] })).trim()
  const known = architectures[machine]
  if (known !== undefined) return known
  throw new AppError('unprocessable', `Node.js has no archive for ${machine}; use another source.`, {
    reason: 'unsupported_machine',
  })
}
