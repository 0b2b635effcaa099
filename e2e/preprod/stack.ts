import { execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenDocker } from '../vps/docker.ts'
import { removeLeftovers } from '../vps/leftovers.ts'
import type { Ended } from '../vps/program.ts'
import { newScratchFolder, removeScratchFolder } from '../vps/scratch.ts'
import { telling } from '../vps/tell.ts'
import { startEngine } from './engine.ts'
import { type Network, openNetwork } from './network.ts'
import { startRegistry } from './registry.ts'
import { makeStandIns, type StandIn } from './stand-ins.ts'

/** The server of a document: the sources as somebody cloned them, Docker, and a shell in the folder of its compose file. */
export interface Stack {
  /** Where the commands are typed. */
  folder: string
  network: Network
  docker: OpenDocker
  /** Of npm, as it is reached from there. */
  registry: string
  /** Runs a line as it stands in the document; how it ended is data. */
  line(text: string, options?: LineOptions): Promise<Ended>
  /** Gives what it wrote; rejects when it fails. */
  see(text: string, options?: LineOptions): Promise<string>
  /** Changes lines of its file of variables. */
  set(values: Record<string, string>): void
  close(): Promise<void>
}

export interface LineOptions {
  timeoutSec?: number
  env?: Record<string, string>
}

/** What a document is about. */
export interface Subject {
  /** The images that its compose file names. */
  standIns: readonly StandIn[]
  /** Where its variables are written. */
  envFile: string
  /** Puts the sources there, and gives the folder in which its commands are typed. */
  clone(target: string): Promise<string>
}

export async function openStack({ standIns, envFile, clone }: Subject): Promise<Stack> {
  await removeLeftovers()
  const scratch = newScratchFolder()
  const closing: (() => Promise<unknown>)[] = [async () => removeScratchFolder(scratch)]
  const close = async () => {
    for (const each of closing.toReversed()) await each()
  }
  try {
    const network = await openNetwork()
    closing.push(network.close)
    const docker = await telling('start a Docker daemon in a network of its own', () => startEngine(network))
    closing.push(docker.close)
    const registry = await startRegistry(network.outside)
    closing.push(registry.close)
    const images = await makeStandIns(docker, scratch, standIns)
    const folder = await clone(join(scratch, 'sources'))
    const env = {
      ...{ PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: scratch, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
      ...{ DOCKER_HOST: docker.host, NPM_CONFIG_REGISTRY: registry.url, ...images },
    }
    const line: Stack['line'] = (text, options = {}) => shell(network, { folder, env }, text, options)
    const see: Stack['see'] = async (text, options) => {
      const { code, stdout, stderr } = await line(text, options)
      if (code === 0) return stdout
      throw new Error(`${text}\nended with ${code}:\n${`${stdout}${stderr}`.slice(-6_000)}`)
    }
    return {
      folder,
      network,
      docker,
      registry: registry.url,
      line,
      see,
      set: (values) => setLines(join(folder, envFile), values),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function shell(
  { enter }: Network,
  { folder, env }: { folder: string; env: Record<string, string> },
  text: string,
  options: LineOptions,
): Promise<Ended> {
  const { timeoutSec = 120 } = options
  const [file, ...args] = [...enter, 'bash', '-o', 'pipefail', '-c', text]
  const how = { cwd: folder, env: { ...env, ...options.env }, timeout: timeoutSec * 1000, maxBuffer: 2 ** 26 }
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, how, (error, stdout, stderr) => {
      if (error?.killed) reject(new Error(`${text} took more than ${timeoutSec} s.\n${stdout}${stderr}`))
      else if (error && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** What a line that does not end by itself has said once it is enough; it is ended then. */
export function watch(stack: Stack, file: readonly [string, ...string[]], enough: RegExp): Promise<string> {
  const [first, ...rest] = file
  const child = spawn(first, rest, { cwd: stack.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${file.join(' ')} did not say ${enough}:\n${said}`))
    }, 30_000)
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes) => {
        said += String(bytes)
        if (!enough.test(said)) return
        clearTimeout(late)
        child.kill('SIGTERM')
        resolve(said)
      })
  })
}

function setLines(file: string, values: Record<string, string>): void {
  let text = readFileSync(file, 'utf8')
  for (const [name, value] of Object.entries(values)) {
    const there = new RegExp(`^${name}=.*$`, 'm')
    const wanted = `${name}='${value}'`
    text = there.test(text) ? text.replace(there, () => wanted) : `${text}${wanted}\n`
  }
  writeFileSync(file, text, { mode: 0o600 })
}
