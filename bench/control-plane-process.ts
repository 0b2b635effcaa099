import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type StoreName = 'memory' | 'sqlite' | 'postgres'

export interface ControlPlaneProcess {
  url: string
  pid: number
  /** Resolves once the process is gone. SIGTERM lets it finish, SIGKILL does not. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

interface StartOptions {
  store: StoreName
  /** Its keys and, for SQLite, its database. */
  folder: string
  databaseUrl?: string
  /** A free one unless given. */
  port?: number
}

export const adminKey = 'a-key-for-the-benchmark-alone'

/** A control plane in a process of its own, so that its load and ours are not one; it ends with us. */
export async function startControlPlane(options: StartOptions): Promise<ControlPlaneProcess> {
  const { store, folder, databaseUrl = '', port = 0 } = options
  const server = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = spawn(process.execPath, [server, store, folder, databaseUrl, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, IKOMA_ADMIN_KEY: adminKey },
  })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const exited = once(child, 'exit').then(() => process.off('exit', killWithUs))
  const first = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const { value: line } = await first
  if (line === undefined) throw new Error(`the control plane ended with ${child.exitCode} before it listened`)
  return {
    url: (JSON.parse(line) as { url: string }).url,
    pid: child.pid ?? 0,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
    },
  }
}
