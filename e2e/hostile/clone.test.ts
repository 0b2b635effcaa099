import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { startSlowTarget } from '../kit/slow-target.ts'
import { until } from '../kit/until.ts'
import { newWorld } from '../kit/world.ts'

const scopes = ['runner', 'system', 'check']

/** A server with a runner on it that executes an order, and a copy of its folder on another machine. */
async function setup(t: TestContext) {
  const world = await newWorld('sqlite', t)
  const server = await world.startServer({ IKOMA_RUN_LEASE_SEC: '30', IKOMA_CLAIM_LEASE_SEC: '30' })
  const runner = await world.enrol(server, { name: 'web-1', scopes })
  const target = await startSlowTarget(12_000, t)
  const place = (runnerId: string, url: string) =>
    server.client.placeOrder({ type: 'check.http.run', runnerId, payload: { url, timeoutMs: 30_000 } })
  const run = async (stateDir: string, machine: string) => {
    const file = join(world.folder, `${machine}.id`)
    writeFileSync(file, `${machine.repeat(32)}\n`)
    const started = world.ikoma(['runner', 'run', '--state-dir', stateDir], { IKOMA_MACHINE_ID_FILE: file })
    await started.said(/The runner has started/)
    return started
  }
  return { world, server, runner, target, place, run }
}

test('a copy of a server is noticed, both are held, and a new identity sets both free', async (t) => {
  const { world, server, runner, target, place, run } = await setup(t)
  await run(runner.stateDir, 'a')
  const running = await place(runner.id, `${target.url}/running`)
  await world.orderIs(server, running.id, 'RUNNING')
  const copyDir = join(world.folder, 'copy')
  cpSync(runner.stateDir, copyDir, { recursive: true })

  const copy = await run(copyDir, 'b')
  await copy.said(/written on another machine/)
  await server.said(/two machines speak as one runner/, 15_000)
  // What the original was doing is nobody else's to report.
  expect(await server.client.getOrder(running.id)).toMatchObject({ status: 'RUNNING', attempt: 1 })
  const held = await place(runner.id, `${target.url}/held`)
  const shown = world.ikoma(['runner', 'list', '--url', server.url], {
    IKOMA_ADMIN_KEY: 'e2e-admin-key-9f31c07b5d28a64e',
  })
  await shown.exited
  expect(shown.output()).toContain('two machines at once')
  await copy.said(/Two machines speak as the runner/)
  expect(await world.orderIs(server, running.id, 'SUCCEEDED')).toMatchObject({ attempt: 1 })
  expect((await server.client.getOrder(held.id)).status).toBe('QUEUED')

  await copy.end('SIGTERM')
  const { token } = await server.client.createEnrolment({ name: 'web-2', scopes })
  const enrolled = world.ikoma([
    'runner',
    'enrol',
    '--new-identity',
    '--url',
    server.url,
    '--token',
    token,
    '--state-dir',
    copyDir,
  ])
  expect(await enrolled.exited).toMatchObject({ code: 0 })
  expect(readdirSync(copyDir).some((name) => name.startsWith('journal.ndjson.former-'))).toBe(true)
  await run(copyDir, 'b')
  await world.orderIs(server, held.id, 'RUNNING')
  const { items } = await server.client.listRunners()
  expect(items.map(({ name, cloned }) => [name, cloned])).toEqual([
    ['web-1', null],
    ['web-2', null],
  ])
  const own = await place(items[1]?.id ?? '', `${target.url}/own`)
  await world.orderIs(server, own.id, 'RUNNING')
  await until('the alarm ends', async () => {
    const metrics = await fetch(`${server.url}/metrics`).then((answer) => answer.text())
    return metrics.includes('ikoma_alarm{alarm="runner_cloned"} 0') || null
  })
})

test('a restart and a killed runner are no clones', async (t) => {
  const { world, server, runner, place, run } = await setup(t)
  const first = await run(runner.stateDir, 'a')
  await first.end('SIGTERM')
  const second = await run(runner.stateDir, 'a')
  await second.end('SIGKILL')
  await run(runner.stateDir, 'a')
  const { id } = await place(runner.id, `${server.url}/healthz`)
  await world.orderIs(server, id, 'SUCCEEDED')
  expect(server.output()).not.toContain('two machines')
})
