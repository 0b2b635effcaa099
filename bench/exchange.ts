import { createRunner, type FleetRunner, openCaller, pause } from './caller.ts'

export interface ExchangeOptions {
  /** The processes of one control plane. */
  urls: string[]
  adminKey: string
  creators: number
  runners: number
  /** Orders in each creating request: one by POST /v1/orders, more by POST /v1/orders/batch. */
  create: number
  /** Orders that an exchange claims at most. */
  max: number
  seconds: number
}

interface Claimed {
  id: string
  lease: string
}

/**
 * The full life of orders, told by exchanges: one request completes what ran, starts what was claimed before and claims
 * the next. Answers orders a second.
 */
export async function measureExchange(options: ExchangeOptions): Promise<number> {
  const { urls, adminKey, creators, runners, create, max, seconds } = options
  const caller = openCaller(urls, creators + runners)
  const admin = { 'x-ikoma-admin-key': adminKey }
  const fleet = await Promise.all(
    Array.from({ length: runners }, () => createRunner(caller, admin, Math.min(100, 2 * max))),
  )
  let stopped = false
  let open = 0
  let ended = 0

  async function place(index: number): Promise<void> {
    for (let n = index; !stopped; n += creators) {
      // Keep the queue short: this measures the steady state, not how fast a backlog grows.
      while (open > runners * max * 4 && !stopped) await new Promise((resolve) => setImmediate(resolve))
      const order = { type: 'runner.selftest', runnerId: fleet[n % fleet.length]?.id }
      open += create
      if (create === 1) expectStatus(201, await caller.post('/v1/orders', order, admin))
      else await placeBatch(Array.from({ length: create }, () => order))
    }
  }

  async function placeBatch(orders: unknown[]): Promise<void> {
    const answer = await caller.post('/v1/orders/batch', { orders }, admin)
    expectStatus(200, answer)
    if (answer.body.items.some((item: object) => 'problem' in item)) throw new Error('an order was refused')
  }

  async function execute({ headers }: FleetRunner): Promise<void> {
    let claimed: Claimed[] = []
    let running: Claimed[] = []
    while (!stopped) {
      const body = { start: claimed, complete: running.map((each) => ({ ...each, report })), max, waitSec: 1 }
      const answer = await caller.post('/v1/runner/orders/exchange', body, headers)
      expectStatus(200, answer)
      const { started, completed, orders } = answer.body
      for (const item of [...started, ...completed]) if ('problem' in item) throw new Error(item.problem.detail)
      ended += completed.length
      open -= completed.length
      running = claimed
      claimed = orders.map(({ id, lease }: Claimed) => ({ id, lease }))
    }
  }

  const working = Promise.all([...Array.from({ length: creators }, (_, index) => place(index)), ...fleet.map(execute)])
  working.catch(() => {})
  await pause(1000)
  const since = performance.now()
  const before = ended
  await Promise.race([pause(seconds * 1000), working])
  const rate = (ended - before) / ((performance.now() - since) / 1000)
  stopped = true
  await working
  await caller.close()
  return rate
}

function expectStatus(expected: number, { status, body }: { status: number; body: unknown }): void {
  if (status !== expected) throw new Error(`answered ${status} ${JSON.stringify(body)}`)
}

const report = { ok: true, summary: 'done' }
