import { existsSync } from 'node:fs'
import { startProcess } from '../kit/process.ts'
import { type Ended, mustRun, type ProgramOptions, run } from './program.ts'
import { newScratchFolder, removeLeftovers, removeScratchFolder } from './scratch.ts'
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

/** The process that tests, by which a later run knows whether it is still in use. */
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
  await removeLeftovers()
  const found = dockerAt(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock')
  const { code } = await found.run(['version', '--format', '{{.Server.Version}}'])
  if (code !== 0) return startDaemon()
  await removeOldHosts(found)
  return { ...found, close: async () => {} }
}

async function startDaemon(): Promise<OpenDocker> {
  const folder = newScratchFolder()
  const host = `unix://${folder}/docker.sock`
  const place = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`]
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
  const daemon = startProcess({ argv: ['dockerd', '--host', host, ...place], cwd: folder, env: { PATH, HOME: folder } })
  const close = async () => {
    await daemon.end('SIGTERM', 30_000).finally(() => removeScratchFolder(folder))
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
