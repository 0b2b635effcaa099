import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export type StoreKind = 'memory' | 'sqlite' | 'postgres'

export interface ControlPlaneOptions {
  store: StoreKind
  /** Keys and, on SQLite, the database: processes that share it are one control plane. */
  folder: string
  databaseUrl?: string
  adminKey: string
  /** Listen there again after a restart; 0 for any. */
  port?: number
}

export interface ControlPlaneProcess {
  url: string
  pid: number
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** A control plane in a process of its own, as `ikoma serve` would be. Resolves when it listens. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlaneProcess> {
  const { store, folder, databaseUrl = '', adminKey, port = 0 } = options
  const args = [
    '--max-semi-space-size=16',
    '--max-old-space-size=1024',
    `${import.meta.dirname}/server.ts`,
    store,
    folder,
    databaseUrl,
    String(port),
  ]
  const env = { PATH: process.env.PATH, IKOMA_ADMIN_KEY: adminKey }
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  if (first.done) throw new Error(`the control plane on ${store} did not start`)
  const { url } = JSON.parse(first.value) as { url: string }
  return {
    url,
    pid: child.pid ?? 0,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
    },
  }
}
