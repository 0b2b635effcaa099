import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@ikoma/machine'
import { afterAll, beforeAll } from 'vitest'
import { foregroundMachine } from './foreground-machine.ts'

/** Also where it is not root's, or does not run. */
const own = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'

/**
 * Docker for the tests of a file: that of this machine, or one in the foreground that ends with them and leaves nothing;
 * and an image with this Node.js, as if it had been pulled.
 */
export function foregroundDocker(image: string) {
  let daemon: Daemon | undefined
  let address = own
  const docker = (...args: string[]) => execFileSync('docker', ['--host', address, ...args], { encoding: 'utf8' })
  beforeAll(async () => {
    daemon = answers(own) ? undefined : await startDaemon()
    address = daemon?.address ?? own
    importNode(image, docker)
  }, 120_000)
  afterAll(async () => {
    if (daemon === undefined) docker('image', 'rm', '--force', image)
    await daemon?.close()
  }, 60_000)
  const at = (tool: string) => (args: string[]) => ({
    argv: ['env', `DOCKER_HOST=${address}`, tool, ...args] as [string, ...string[]],
  })
  const machine = (): Promise<Host> =>
    foregroundMachine({ docker: at('docker'), 'docker-compose': at('docker-compose') })
  return { machine, docker }
}

function answers(address: string): boolean {
  try {
    execFileSync('docker', ['--host', address, 'version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Daemon {
  address: string
  close(): Promise<void>
}

async function startDaemon(): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-docker-'))
  const address = `unix://${folder}/docker.sock`
  const place = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`]
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
  const child = spawn('dockerd', ['--host', address, ...place], {
    env: { PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const close = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  await listening(child).catch(async (error) => {
    await close()
    throw error
  })
  return { address, close }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += chunk
      if (said.includes('API listen on')) resolve()
    })
    const failed = () => reject(new Error(`dockerd cannot be run: be root, or start Docker.\n${said.slice(-2_000)}`))
    child.once('error', failed).once('close', failed)
  })
}

/** What Node.js needs of this machine, and nothing else of it. */
function importNode(image: string, docker: (...args: string[]) => string): void {
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)
  const files = [process.execPath, ...new Set([...libraries].map(([, path = '']) => path))]
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-image-'))
  try {
    const archive = join(folder, 'image.tar')
    execFileSync('tar', ['--create', '--dereference', '--absolute-names', '--file', archive, ...files])
    docker('import', archive, image)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
