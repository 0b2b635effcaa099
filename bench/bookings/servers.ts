import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pause } from '../caller.ts'

export interface Server {
  url: string
  stop(): Promise<void>
}

/** BlingAuto, with as many workers as are asked for, all of which are there. */
export async function startBlingAuto(databaseUrl: string, folder: string, workers: number): Promise<Server> {
  const env = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'warn',
    // Each request from an address of its own: the limit of one address is not what is measured.
    TRUST_PROXY: '1',
    WORKERS: String(workers),
  }
  const main = join(import.meta.dirname, '../../apps/blingauto/src/main.ts')
  const server = await start(main, [], env, /^ {2}(http:\/\/\S+)$/)
  // The first of them says that it is ready.
  if (workers > 1) await pause(3_000 * workers)
  return server
}

export function startByHand(databaseUrl: string): Promise<Server> {
  return start(join(import.meta.dirname, 'by-hand.ts'), [databaseUrl], {}, /"url":"([^"]+)"/)
}

async function start(file: string, args: string[], env: Record<string, string>, says: RegExp): Promise<Server> {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...env },
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = says.exec(line) ?? []
    if (url === undefined) continue
    child.stdout.resume()
    return {
      url,
      async stop() {
        child.kill('SIGTERM')
        await exited
      },
    }
  }
  throw new Error(`${file} did not start`)
}
