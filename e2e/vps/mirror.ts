import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, createReadStream, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { node, root } from '../kit/product.ts'
import { mustRun } from './program.ts'
import { newScratchFolder, removeScratchFolder } from './scratch.ts'
import { telling } from './tell.ts'

/** What a host gets from the outside besides Debian's packages, from this machine: tests ask nothing else of the internet. */
export interface Mirror {
  /** Of the sources as they are committed. */
  repository: string
  /** A registry that passes on what this machine's own npm has as its registry. */
  registry: string
  /** The archive of the Node.js that this machine tests with, as nodejs.org has them. */
  tarball: { version: string; sha256: string; baseUrl: string }
  close(): Promise<void>
}

export async function startMirror(address: string): Promise<Mirror> {
  const folder = newScratchFolder()
  const remove = () => removeScratchFolder(folder)
  try {
    const registry = (await mustRun(['npm', 'config', 'get', 'registry'])).trim()
    await cloneSources(join(folder, 'gateway.git'))
    const version = (await mustRun([node, '--version'])).trim().slice(1)
    const archive = await telling('pack Node.js as nodejs.org does', () => packNode(folder, version))
    const server = createServer((request, response) => void answer({ folder, registry, request, response }))
    await new Promise<void>((resolve) => server.listen(0, address, resolve))
    const url = `http://${address}:${(server.address() as AddressInfo).port}`
    const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex')
    const close = async () => {
      server.closeAllConnections()
      server.close()
      remove()
    }
    const tarball = { version, sha256, baseUrl: `${url}/node` }
    return { repository: `${url}/gateway.git`, registry: `${url}/`, tarball, close }
  } catch (error) {
    remove()
    throw error
  }
}

/** One commit without a past, which a shallow clone has too. Plain HTTP serves it: for that git wants an index of its own. */
async function cloneSources(path: string): Promise<void> {
  const git = (...args: string[]) => mustRun(['git', '-C', path, ...args], { timeoutSec: 120 })
  await mustRun(['git', 'init', '--quiet', '--bare', '--initial-branch=main', path])
  await git('fetch', '--quiet', '--depth=1', `file://${root}`, 'HEAD')
  const author = ['-c', 'user.name=IKOMA', '-c', 'user.email=ikoma@example.com']
  const commit = await git(...author, 'commit-tree', '-m', 'The sources under test', 'FETCH_HEAD^{tree}')
  await git('update-ref', 'refs/heads/main', commit.trim())
  await git('update-server-info')
}

/** With the npm of this machine, as in the archives of nodejs.org; gives the archive's path. */
async function packNode(folder: string, version: string): Promise<string> {
  const name = `node-v${version}-linux-${arch()}`
  const [top, shelf] = [join(folder, 'packing', name), join(folder, 'node', `v${version}`)]
  for (const path of [join(top, 'bin'), join(top, 'lib', 'node_modules'), shelf]) mkdirSync(path, { recursive: true })
  copyFileSync(node, join(top, 'bin', 'node'))
  const modules = (await mustRun(['npm', 'root', '--global'])).trim()
  cpSync(join(modules, 'npm'), join(top, 'lib', 'node_modules', 'npm'), { recursive: true })
  for (const program of ['npm', 'npx']) {
    await mustRun(['ln', '-s', `../lib/node_modules/npm/bin/${program}-cli.js`, join(top, 'bin', program)])
  }
  const archive = join(shelf, `${name}.tar.gz`)
  const quickly = ['--use-compress-program', 'gzip -1']
  await mustRun(['tar', '--create', ...quickly, '--file', archive, '--directory', join(folder, 'packing'), name])
  rmSync(join(folder, 'packing'), { recursive: true })
  return archive
}

interface Question {
  folder: string
  registry: string
  request: IncomingMessage
  response: ServerResponse
}

async function answer({ folder, registry, request, response }: Question): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://mirror')
  try {
    if (/^\/(gateway\.git|node)\//.test(pathname)) await sendFile(join(folder, pathname), response)
    else await passOn(new URL(pathname.slice(1), registry), request, response)
  } catch (error) {
    response.destroy(error as Error)
  }
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  if (!existsSync(path) || !statSync(path).isFile()) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-length': statSync(path).size })
  await pipeline(createReadStream(path), response)
}

async function passOn(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = { accept: request.headers.accept ?? '*/*' }
  const found = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) })
  const type = found.headers.get('content-type') ?? 'application/octet-stream'
  response.writeHead(found.status, { 'content-type': type })
  response.end(Buffer.from(await found.arrayBuffer()))
}
