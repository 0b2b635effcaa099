import { createRunner, type FleetRunner, openCaller, pause } from './caller.ts'

export interface LifeOptions {
  /** The processes of one control plane. */
  urls: string[]
  adminKey: string
  creators: number
  runners: number
  seconds: number
}

/** The full life of orders over HTTP, one order a request: create -> claim -> start -> complete. Answers orders a second. */
export async function measureLife({ urls, adminKey, creators, runners, seconds }: LifeOptions): Promise<number> {
  const caller = openCaller(urls, creators + runners)
  const admin = { 'x-ikoma-admin-key': adminKey }
  const fleet = await Promise.all(Array.from({ length: runners }, () => createRunner(caller, admin)))
  let stopped = false
  let open = 0
  let ended = 0

  async function create(index: number): Promise<void> {
    for (let n = index; !stopped; n += creators) {
      // Keep the queue short: this measures the steady state, not how fast a backlog grows.
      while (open > runners * 4 && !stopped) await new Promise((resolve) => setImmediate(resolve))
      const runner = fleet[n % fleet.length]
      open += 1
      const { status } = await caller.post('/v1/orders', { type: 'runner.selftest', runnerId: runner?.id }, admin)
      if (status !== 201) throw new Error(`create answered ${status}`)
    }
  }

  async function execute(runner: FleetRunner): Promise<void> {
    while (!stopped) {
      const claim = await caller.post('/v1/runner/orders/claim-next?waitSec=1', {}, runner.headers)
      if (claim.status === 204) continue
      const { id, lease } = claim.body
      const headers = { ...runner.headers, 'x-ikoma-lease': lease }
      await caller.post(`/v1/runner/orders/${id}/start`, {}, headers)
      const done = await caller.post(`/v1/runner/orders/${id}/complete`, report, headers)
      if (done.status !== 200) throw new Error(`complete answered ${done.status}`)
      ended += 1
      open -= 1
    }
  }

  const work = [...Array.from({ length: creators }, (_, index) => create(index)), ...fleet.map(execute)]
  const failed = Promise.all(work)
  failed.catch(() => {})
  await pause(1000)
  const since = performance.now()
  const before = ended
  await Promise.race([pause(seconds * 1000), failed])
  const rate = (ended - before) / ((performance.now() - since) / 1000)
  stopped = true
  await failed
  await caller.close()
  return rate
}

/** How long a new order takes to reach a runner that waits for it, in milliseconds, one at a time. */
export async function measureLatency(url: string, adminKey: string, samples: number): Promise<number[]> {
  const caller = openCaller([url], 4)
  const admin = { 'x-ikoma-admin-key': adminKey }
  const runner = await createRunner(caller, admin)
  const times: number[] = []
  for (let n = 0; n < samples; n += 1) {
    const claim = caller.post('/v1/runner/orders/claim-next?waitSec=20', {}, runner.headers).then((answer) => {
      return { answer, at: performance.now() }
    })
    await pause(5)
    const since = performance.now()
    await caller.post('/v1/orders', { type: 'runner.selftest', runnerId: runner.id }, admin)
    const { answer, at } = await claim
    times.push(at - since)
    const { id, lease } = answer.body
    const headers = { ...runner.headers, 'x-ikoma-lease': lease }
    await caller.post(`/v1/runner/orders/${id}/start`, {}, headers)
    await caller.post(`/v1/runner/orders/${id}/complete`, report, headers)
  }
  await caller.close()
  return times
}

export const report = { report: { ok: true, summary: 'done' } }
