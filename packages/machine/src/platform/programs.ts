import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import { onlyOwnerWrites } from '../safety/index.ts'

export interface FoundProgram {
  path: string
  version: string | null
  /** The file that a link leads to. */
  leadsTo: string | null
  /** Found before what a package installs. */
  inPath: boolean
}

interface Sought {
  name: string
  versionArgs: readonly string[]
}

/** Folders of programs in the order of PATH, before /usr/bin. */
const folders = ['/usr/local/sbin', '/usr/local/bin']

/** Programs of this name that no package put where they are: in /usr/local, and what nvm and snap installed. */
export async function findPrograms(host: Host, sought: Sought): Promise<FoundProgram[]> {
  const found: FoundProgram[] = []
  for (const folder of folders) {
    const path = `${folder}/${sought.name}`
    const entry = await host.look(path)
    if (entry?.kind === 'link') found.push(await linked(host, path))
    if (entry?.kind !== 'file') continue
    // Run as root, so only when nobody else could have written it.
    const ours = entry.owner === 'root' && onlyOwnerWrites(entry)
    found.push({ path, version: ours ? await versionOf(host, path, sought) : null, leadsTo: null, inPath: true })
  }
  return [...found, ...(await besidePath(host, sought))]
}

async function linked(host: Host, path: string): Promise<FoundProgram> {
  const leadsTo = (await outputOf(host, { argv: ['readlink', '--canonicalize-missing', '--', path] })).trim()
  return { path, version: versionIn(leadsTo), leadsTo, inPath: true }
}

async function versionOf(host: Host, path: string, { versionArgs }: Sought): Promise<string | null> {
  // A file of another architecture, or none at all, has no version to tell.
  const said = await host.run({ argv: [path, ...versionArgs], timeoutSec: 10 }).catch(() => null)
  return said?.code === 0 ? versionIn(`${said.stdout}${said.stderr}`) : null
}

async function besidePath(host: Host, { name }: Sought): Promise<FoundProgram[]> {
  const found: FoundProgram[] = []
  const snap = `/snap/bin/${name}`
  if (await host.look(snap)) found.push({ path: snap, version: null, leadsTo: null, inPath: false })
  if (name !== 'node') return found
  const homes = ['/root', ...(await host.list('/home')).map((user) => `/home/${user}`)]
  for (const home of homes) {
    const folder = `${home}/.nvm/versions/node`
    for (const version of await host.list(folder).catch(() => [])) {
      const path = `${folder}/${version}/bin/node`
      found.push({ path, version: versionIn(version), leadsTo: null, inPath: false })
    }
  }
  return found
}

function versionIn(text: string): string | null {
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? null
}
