import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient, type ScheduleResource } from '@ikoma/api'
import { createControlPlane, openKeyring } from '@ikoma/control-plane'
import type { Store } from '@ikoma/domain'
import { createLog } from '@ikoma/kernel/node'
import { openPostgresStore, openSqliteStore } from '@ikoma/store'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { until } from '../kit/until.ts'
import { adminKey, newWorld, type World } from '../kit/world.ts'

const noon = Date.UTC(2026, 0, 15, 12)
const minuteMs = 60_000

/** A control plane in this process, listening on a real socket, whose clock the test turns. */
async function setup(dialect: Dialect, t: TestContext) {
  const world = await newWorld(dialect, t)
  const time = { now: noon }
  const start = () => startHere(world, time, t)
  const { client, close } = await start()
  const { id: runnerId } = await client.createRunner({ name: 'raw' })
  const schedule = (patch: Record<string, unknown> = {}) =>
    client.createSchedule({
      name: 'selftest',
      cron: '*/5 * * * *',
      order: { type: 'runner.selftest', runnerId },
      ...patch,
    })
  return { time, client, close, start, schedule }
}

async function startHere(world: World, time: { now: number }, t: TestContext) {
  const clock = { now: () => time.now }
  const store = await openStore(world, clock)
  const log = createLog('silent')
  const keyring = openKeyring(join(world.folder, 'keys'))
  const controlPlane = await createControlPlane({ store, keyring, adminKey, log, version: 'e2e', clock })
  const url = await controlPlane.listen('127.0.0.1', 0)
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await controlPlane.close()
    await store.close()
  }
  t.onTestFinished(close)
  return { url, client: createClient({ url, credential: { kind: 'admin-key', key: adminKey } }), close }
}

function openStore({ database, folder }: World, clock: { now(): number }): Promise<Store> {
  const { DATABASE_URL: url } = database.env
  const { sealKey } = openKeyring(join(folder, 'data', 'keys'))
  return url === undefined
    ? openSqliteStore({ file: join(folder, 'data', 'ikoma.db'), clock, sealKey })
    : openPostgresStore({ url, clock, sealKey })
}

function firedAt(client: Client, { id }: ScheduleResource, lastRunAt: number): Promise<ScheduleResource> {
  return until('the schedule to fire', async () => {
    const schedule = await client.getSchedule(id)
    return schedule.lastRunAt === new Date(lastRunAt).toISOString() ? schedule : null
  })
}

describe.each(dialects)('a schedule, on %s', (dialect) => {
  test.concurrent('places its order once each time its moment comes', async (t) => {
    const { time, client, schedule } = await setup(dialect, t)
    const made = await schedule()
    expect(made.nextRunAt).toBe('2026-01-15T12:05:00.000Z')
    time.now = noon + 5 * minuteMs - 1
    await sleep(1_500)
    expect((await client.listOrders()).items).toEqual([])

    for (const minutes of [5, 10, 15]) {
      time.now = noon + minutes * minuteMs
      await firedAt(client, made, time.now)
    }

    await sleep(1_500)
    const { items } = await client.listOrders()
    expect(items).toHaveLength(3)
    expect(new Set(items.map(({ createdBy }) => createdBy))).toEqual(new Set([`schedule:${made.id}`]))
    expect(await client.getSchedule(made.id)).toMatchObject({
      lastOrderId: items[0]?.id,
      lastProblem: null,
      nextRunAt: '2026-01-15T12:20:00.000Z',
    })
  })

  test.concurrent('missed while nobody served runs once afterwards, or not at all, as it was told', async (t) => {
    const { time, close, start, schedule } = await setup(dialect, t)
    const once = await schedule({ name: 'once', missedRuns: 'run_once' })
    const skip = await schedule({ name: 'skip', missedRuns: 'skip' })
    await close()
    time.now = noon + 62 * minuteMs
    const { client } = await start()

    await firedAt(client, once, time.now)
    await until('the other to move on', async () => (await client.getSchedule(skip.id)).nextRunAt !== skip.nextRunAt)

    expect((await client.listOrders()).items.map(({ createdBy }) => createdBy)).toEqual([`schedule:${once.id}`])
    expect(await client.getSchedule(skip.id)).toMatchObject({
      lastRunAt: null,
      nextRunAt: '2026-01-15T13:05:00.000Z',
    })
    expect((await client.getSchedule(once.id)).nextRunAt).toBe('2026-01-15T13:05:00.000Z')
  })

  test.concurrent('rests while it is paused, and goes on from the moment it is resumed', async (t) => {
    const { time, client, schedule } = await setup(dialect, t)
    const made = await schedule()
    await client.updateSchedule(made.id, { paused: true })
    time.now = noon + 30 * minuteMs
    await sleep(1_500)
    const resumed = await client.updateSchedule(made.id, { paused: false })
    await sleep(1_500)

    expect(resumed.nextRunAt).toBe('2026-01-15T12:35:00.000Z')
    expect((await client.listOrders()).items).toEqual([])
  })

  test.concurrent('whose order cannot be placed says why, and tries again at its next moment', async (t) => {
    const { time, client, schedule } = await setup(dialect, t)
    const { id: serverId } = await client.createServer({ name: 'web-1' })
    const { id: runnerId } = await client.createRunner({ name: 'brief' })
    await client.attachRunner(serverId, runnerId)
    const made = await schedule({ order: { type: 'runner.selftest', serverId } })
    await client.attachRunner(serverId, null)
    time.now = noon + 5 * minuteMs
    const failed = await until('the problem', async () => {
      const seen = await client.getSchedule(made.id)
      return seen.lastProblem === null ? null : seen
    })
    await client.attachRunner(serverId, runnerId)
    time.now = noon + 10 * minuteMs

    expect(failed).toMatchObject({ lastProblem: expect.stringContaining('no runner'), lastRunAt: null })
    expect(await firedAt(client, made, time.now)).toMatchObject({ lastProblem: null })
  })
})

test('a schedule on two processes fires once', async (t) => {
  const { time, client, start, schedule } = await setup('postgres', t)
  const other = await start()
  const made = await schedule({ cron: '* * * * *' })
  for (let minutes = 1; minutes <= 4; minutes++) {
    time.now = noon + minutes * minuteMs
    await firedAt(client, made, time.now)
  }
  await sleep(1_200)
  expect((await other.client.listOrders()).items).toHaveLength(4)
})
