import { Pool } from 'undici'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each load knows what it asked for.
  body: any
}

export interface Caller {
  post(path: string, body: unknown, headers: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

/**
 * Many connections with one request at a time on each, to several processes in turn. By the dispatcher itself: the load generator shares two cores
 * with what it measures, and undici's streams and promises cost it as much again.
 */
export function openCaller(urls: string[], connections: number): Caller {
  const pools = urls.map((url) => new Pool(url, { connections, pipelining: 1 }))
  let requests = 0
  return {
    post: (path, body, headers) =>
      new Promise((resolve, reject) => {
        requests += 1
        const pool = pools[requests % pools.length] as Pool
        let status = 0
        const chunks: Buffer[] = []
        pool.dispatch(
          {
            path,
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          },
          {
            onRequestStart: () => undefined,
            onResponseStart: (_controller, statusCode) => {
              status = statusCode
            },
            onResponseData: (_controller, chunk) => {
              chunks.push(chunk)
            },
            onResponseEnd: () => {
              const text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? ''
              resolve({ status, body: text === '' ? null : JSON.parse(text) })
            },
            onResponseError: (_controller, error) => reject(error),
          },
        )
      }),
    async close() {
      await Promise.all(pools.map((pool) => pool.close()))
    },
  }
}

export interface FleetRunner {
  id: string
  headers: Record<string, string>
}

export async function createRunner(
  caller: Caller,
  admin: Record<string, string>,
  concurrency = 4,
): Promise<FleetRunner> {
  const { body } = await caller.post('/v1/runners', { name: 'bench', concurrency }, admin)
  const { id, token } = body as { id: string; token: string }
  return { id, headers: { 'x-runner-id': id, 'x-runner-token': token } }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
