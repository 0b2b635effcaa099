import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { openCaller, pause } from './caller.ts'

const connections = 80
/** Of an order's life: create, claim, start, complete. */
const requestsPerLife = 4

/** Lives a second if a life were four requests to a bare Fastify: what the machine and the load generator allow. */
export async function measureFloor(seconds: number): Promise<number> {
  const server = spawn(process.execPath, [`${import.meta.dirname}/floor-server.ts`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  })
  const first = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next()
  const caller = openCaller([JSON.parse(first.value ?? '{}').url], connections)
  let answered = 0
  let stopped = false
  const ask = async () => {
    while (!stopped) {
      await caller.post('/', { type: 'runner.selftest', runnerId: 'x'.repeat(36) }, {})
      answered += 1
    }
  }
  const asking = Promise.all(Array.from({ length: connections }, ask))
  await pause(1000)
  const [before, since] = [answered, performance.now()]
  await pause(seconds * 1000)
  const rate = (answered - before) / ((performance.now() - since) / 1000)
  stopped = true
  await asking
  await caller.close()
  server.kill()
  return rate / requestsPerLife
}
