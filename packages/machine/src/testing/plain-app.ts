import { request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { findFreePort } from './http.ts'
import { createPlace, start } from './tool.ts'

/**
 * An app as people write it: Node.js that keeps idle connections for 5 seconds, and ends when told to once everybody has
 * been answered. Around the moment that it gives them up it is busy, as any app may be: what arrives then comes too late.
 */
const program = `
const { createServer } = require('node:http')
const server = createServer((asked, answer) => asked.resume().on('end', () => setTimeout(() => answer.end('ok'), 20)))
const busy = () => { const end = performance.now() + 300; while (performance.now() < end); }
let idle
server.on('request', (_, answer) => answer.on('finish', () => { clearTimeout(idle); idle = setTimeout(setImmediate, 4_850, busy) }))
server.keepAliveTimeoutBuffer = 0
server.listen(Number(process.argv[1]), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit()))
`

export async function startPlainApp(on?: number) {
  const port = on ?? (await findFreePort())
  const { child } = start([process.execPath, '-e', program, String(port)], createPlace())
  while ((await post(`http://127.0.0.1:${port}`)) !== 200) await setTimeout(20)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return { port, child, exited }
}

export type Outcome = number | string

/** A request that nobody repeats, on a connection of its own. */
export function post(url: string, host = 'app.example.com'): Promise<Outcome> {
  return new Promise((resolve) => {
    const asked = request(url, { method: 'POST', agent: false, headers: { host } }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    asked.end('x')
  })
}

/** What is not 200 of the requests that are made as the app has been idle for 4.9 to 5.1 seconds, so many times. */
export async function idlePosts(url: string, rounds: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let round = 0; round < rounds; round += 1) {
    outcomes.push(...(await Promise.all(Array.from({ length: 16 }, () => post(url)))))
    await setTimeout(4_900 + (100 + (round % 3) * 50))
  }
  return outcomes.filter((outcome) => outcome !== 200)
}

/** How long an app that is told to stop goes on, with requests through its proxy all the while. */
export async function stopUnderLoad(url: string, app: Awaited<ReturnType<typeof startPlainApp>>): Promise<number> {
  const asking = setInterval(() => void post(url), 10)
  try {
    await setTimeout(500)
    const begun = performance.now()
    app.child.kill('SIGTERM')
    await Promise.race([app.exited, setTimeout(5_000)])
    return performance.now() - begun
  } finally {
    clearInterval(asking)
  }
}
