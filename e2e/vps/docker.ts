import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../kit/process.ts'
import { until } from '../kit/until.ts'
import { type Ended, mustRun, type ProgramOptions, run } from './program.ts'
import { tell } from './tell.ts'

/** A Docker daemon, by its address. */
export interface Docker {
  host: string
  run(args: readonly string[], options?: ProgramOptions): Promise<Ended>
  /** Rejects when it fails; gives what it wrote. */
  must(args: readonly string[], options?: ProgramOptions): Promise<string>
}

export interface OpenDocker extends Docker {
  close(): Promise<void>
}

/** Carries the id of the process that tests, so that the next run knows whether it is still in use. */
const folderName = /^ikoma-vps-(\d+)-/
export const ownerLabel = 'ikoma.vps.owner'

export function dockerAt(host: string): Docker {
  const argv = (args: readonly string[]) => ['docker', '--host', host, ...args] as const
  return {
    host,
    run: (args, options) => run(argv(args), options),
    must: (args, options) => mustRun(argv(args), options),
  }
}

/** The daemon of this machine; where there is none, one of our own that ends with us and leaves nothing. */
export async function openDocker(): Promise<OpenDocker> {
  const found = dockerAt(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock')
  const { code } = await found.run(['version', '--format', '{{.Server.Version}}'])
  if (code !== 0) return startDaemon()
  await removeOldHosts(found)
  return { ...found, close: async () => {} }
}

async function startDaemon(): Promise<OpenDocker> {
  await removeLeftovers()
  const folder = mkdtempSync(join(tmpdir(), `ikoma-vps-${process.pid}-`))
  const host = `unix://${folder}/docker.sock`
  const place = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`]
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
  const daemon = startProcess({ argv: ['dockerd', '--host', host, ...place], cwd: folder, env: { PATH } })
  const close = async () => {
    await daemon.end('SIGTERM', 30_000).finally(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  }
  try {
    await daemon.said(/API listen on/, 60_000)
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
  tell('no Docker daemon was running: started one for this test alone')
  return { ...dockerAt(host), close }
}

/** Ends what a run that was killed has left. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = folderName.exec(name)?.[1]
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue
    const folder = join(tmpdir(), name)
    await endDaemon(join(folder, 'pid'), folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function endDaemon(pidFile: string, folder: string): Promise<void> {
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const runs = () => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
  if (!runs()) return
  process.kill(pid, 'SIGTERM')
  await until('the Docker daemon of a killed run to end', () => !runs())
}

/** Hosts whose test was killed, and their networks. */
async function removeOldHosts(docker: Docker): Promise<void> {
  const format = ['--filter', `label=${ownerLabel}`, '--format', `{{.ID}} {{.Label "${ownerLabel}"}}`]
  const oldOf = async (list: string[]) => {
    const lines = (await docker.must([...list, ...format])).split('\n').filter(Boolean)
    const pairs = lines.map((line) => line.split(' '))
    return pairs.flatMap(([id = '', owner]) => (existsSync(`/proc/${owner}`) ? [] : [id]))
  }
  for (const id of await oldOf(['ps', '--all'])) await docker.run(['rm', '--force', '--volumes', id])
  for (const id of await oldOf(['network', 'ls'])) await docker.run(['network', 'rm', id])
}
