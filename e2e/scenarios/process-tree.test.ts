import { describe, expect, type TestContext, test } from 'vitest'
import { placeShell, shellScopes } from '../kit/shell-order.ts'
import { until } from '../kit/until.ts'
import { newWorld } from '../kit/world.ts'

/** Children, a child in a session of its own, and a daemon that forked twice; the first ignores SIGTERM. */
const tree = `
  trap '' TERM
  sleep 601 &
  setsid sleep 602 &
  ( setsid bash -c 'sleep 603 & exec sleep 604' & )
  echo planted
  sleep 605
  sleep 606
`

async function setup(t: TestContext) {
  const world = await newWorld('sqlite', t)
  const server = await world.startServer({ IKOMA_RUN_LEASE_SEC: '10', IKOMA_TIMEOUT_GRACE_SEC: '20' })
  const runner = await world.enrol(server, shellScopes)
  const runnerProcess = await world.startRunner(runner)
  const programs = () => world.living([server.pid, runnerProcess.pid])
  const plant = async (timeoutSec: number) => {
    const order = await placeShell(server, runner, { argv: ['/bin/bash', '-c', tree] }, { timeoutSec })
    await until('the whole tree', () => programs().filter(({ command }) => /sleep 60\d/.test(command)).length >= 5)
    return order
  }
  const run = (argv: string[]) => placeShell(server, runner, { argv })
  return { world, server, programs, plant, run }
}

describe('the programs of an order', () => {
  test.concurrent('are all ended by a cancel, however they detached themselves', async (t) => {
    const { world, server, programs, plant } = await setup(t)
    const { id } = await plant(600)
    const askedAt = performance.now()
    await server.client.cancelOrder(id, 'not today')

    const order = await world.orderIs(server, id, 'CANCELED')

    // Five seconds are what a program that ignores SIGTERM gets.
    expect(performance.now() - askedAt).toBeLessThan(9_000)
    expect(order).toMatchObject({ statusReason: 'canceled_while_running', attempt: 1 })
    expect(programs()).toEqual([])
  })

  test.concurrent('are all ended by the timeout', async (t) => {
    const { world, server, programs, plant } = await setup(t)
    const { id } = await plant(2)

    const order = await world.orderIs(server, id, 'TIMED_OUT')

    expect(order).toMatchObject({ statusReason: 'timeout', attempt: 1, report: { outcome: 'timed_out' } })
    expect(programs()).toEqual([])
  })

  test.concurrent('do not outlive it when it ends by itself', async (t) => {
    const { world, server, programs, run } = await setup(t)
    const { id } = await run(['/bin/bash', '-c', '( setsid sleep 607 & ) ; sleep 608 & echo started'])

    await world.orderIs(server, id, 'SUCCEEDED')

    expect(programs()).toEqual([])
  })

  test.concurrent('may write without end: the log is bounded and says so', async (t) => {
    const { world, server, run } = await setup(t)
    const flood = await run(['/bin/bash', '-c', 'yes 0123456789abcdef0123456789abcdef | head -c 40000000'])
    const oneLine = await run(['/bin/bash', '-c', 'head -c 20000000 /dev/zero | tr "\\\\0" x'])

    await world.orderIs(server, flood.id, 'SUCCEEDED', 60_000)
    await world.orderIs(server, oneLine.id, 'SUCCEEDED', 60_000)

    for (const { id } of [flood, oneLine]) {
      const lines = await allLines(server.client, id)
      const bytes = lines.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0)
      expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024)
      expect(bytes).toBeGreaterThan(1024 * 1024)
      const truncated = lines.findIndex(({ text }) => text.includes('output truncated'))
      // What the runner itself says comes all the same: how the program ended, and how many lines are missing.
      const after = lines.slice(truncated).map(({ stream }) => stream)
      expect(after).toEqual(['runner', 'runner', 'runner'])
      expect(lines.at(-2)?.text).toMatch(/ ended with 0 after \d+ ms\.$/)
      expect(lines.at(-1)?.text).toMatch(/^\[\d+ lines? (is|are) missing: /)
    }
  })
})

async function allLines(client: Awaited<ReturnType<typeof setup>>['server']['client'], id: string) {
  const lines: { stream: string; text: string }[] = []
  let cursor: string | null = null
  do {
    const page: { items: typeof lines; next: string | null } = await client.listOrderLogs(id, {
      limit: 500,
      ...(cursor === null ? {} : { cursor }),
    })
    lines.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return lines
}
