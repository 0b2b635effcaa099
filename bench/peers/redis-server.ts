import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export interface RedisServer {
  /** Its Unix socket. */
  path: string
  stop(): Promise<void>
}

/** Starts the system's Redis on a Unix socket under `folder`, with every write on disk before its answer; null without the program. */
export async function startRedis(folder: string): Promise<RedisServer | null> {
  const directory = mkdtempSync(join(folder, 'redis-'))
  const path = join(directory, 'socket')
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const place = ['--port', '0', '--unixsocket', path, '--dir', directory]
  const child = spawn('redis-server', [...place, ...durable], { stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true))
    child.once('error', () => resolve(false))
  })
  if (!started) return null
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const server = {
    path,
    async stop() {
      process.off('exit', killWithUs)
      child.kill('SIGKILL')
      await exited
      rmSync(directory, { recursive: true, force: true })
    },
  }
  await assertDurable(path).catch((error: unknown) => server.stop().then(() => Promise.reject(error)))
  return server
}

/** Waits until it answers. */
async function assertDurable(path: string): Promise<void> {
  const client = new Redis({ path, maxRetriesPerRequest: null, retryStrategy: (times) => (times < 100 ? 50 : null) })
  client.on('error', () => undefined)
  try {
    for (const [name, wanted] of [
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
    ] as const) {
      const [, value] = (await client.config('GET', name)) as string[]
      if (value !== wanted) throw new Error(`Redis runs with ${name} ${value}`)
    }
  } finally {
    client.disconnect()
  }
}
