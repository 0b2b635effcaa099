import { startProcess } from '../kit/process.ts'
import { type Ended, mustRun, type ProgramOptions, run } from './program.ts'
import { newScratchFolder, removeScratchFolder } from './scratch.ts'
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
