import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ledgerProgram, readLedger } from '../kit/ledger.ts'
import { newClock } from '../kit/set-clock.ts'
import { placeShell, shellScopes } from '../kit/shell-order.ts'
import { until } from '../kit/until.ts'
import { type ControlPlane, newWorld, type World } from '../kit/world.ts'

const daySec = 86_400
const jumps = [60, -60, daySec, -daySec, 400 * daySec, -400 * daySec]
const keeping = { IKOMA_RETENTION_DAYS: '30', IKOMA_RECONCILE_SEC: '1' }
/** The first look at what may be pruned comes five seconds after the start. */
const retentionLooksMs = 8_000

async function endedOrder(world: World, controlPlane: ControlPlane, runnerId: string): Promise<string> {
  const { id } = await controlPlane.client.placeOrder({ type: 'runner.selftest', runnerId })
  await world.orderIs(controlPlane, id, 'SUCCEEDED')
  return id
}

const alarmOf = async ({ url }: ControlPlane) => {
  const text = await (await fetch(new URL('/metrics', url))).text()
  return Number(/^ikoma_alarm\{alarm="clock_jumped"\} (\d)$/m.exec(text)?.[1] ?? 0)
}

test('a server that was started 400 days ahead deletes nothing, says so, and is right again when its clock is', async (hooks) => {
  const world = await newWorld('sqlite', hooks)
  const clock = newClock(world.folder)
  const env = { ...keeping, ...clock.env }
  let controlPlane = await world.startServer(env)
  const enrolled = await world.enrol(controlPlane)
  const runner = await world.startRunner(enrolled, ['--url', controlPlane.url], clock.env)
  const id = await endedOrder(world, controlPlane, enrolled.id)
  const order = { type: 'runner.selftest', runnerId: enrolled.id }
  const { id: scheduleId } = await controlPlane.client.createSchedule({ name: 'm', cron: '* * * * *', order })
  await runner.end('SIGTERM')
  await controlPlane.end('SIGTERM')

  clock.setTo(400 * daySec)
  controlPlane = await world.startServer(env)
  await sleep(retentionLooksMs)
  expect((await controlPlane.client.getOrder(id)).status).toBe('SUCCEEDED')
  expect((await controlPlane.client.getClock()).jump).toMatchObject({ alarm: 'clock_jumped', state: 'unsettled' })
  expect(await alarmOf(controlPlane)).toBe(1)

  // Put right while it runs.
  clock.setTo(0)
  await until('the clock is home', async () => (await controlPlane.client.getClock()).jump?.state === 'returned')
  const due = async () => Date.parse((await controlPlane.client.getSchedule(scheduleId)).nextRunAt ?? '')
  await until('its next run is soon', async () => Math.abs((await due()) - clock.now()) <= 61_000)
  await controlPlane.end('SIGTERM')
  controlPlane = await world.startServer(env)
  await sleep(retentionLooksMs)
  expect((await controlPlane.client.getOrder(id)).status).toBe('SUCCEEDED')
})

test('one that was wrong for longer than it takes to be believed deletes nothing either, and runs what is due when right', async (hooks) => {
  const world = await newWorld('sqlite', hooks)
  const clock = newClock(world.folder)
  const controlPlane = await world.startServer({ ...keeping, ...clock.env })
  const enrolled = await world.enrol(controlPlane)
  await world.startRunner(enrolled, ['--url', controlPlane.url], clock.env)
  const id = await endedOrder(world, controlPlane, enrolled.id)
  const order = { type: 'runner.selftest', runnerId: enrolled.id }
  const made = { name: 'm', cron: '* * * * *', order, alertAfterSec: 180 }
  const { id: scheduleId } = await controlPlane.client.createSchedule(made)
  clock.setTo(400 * daySec)
  await until(
    'the jump is believed',
    async () => (await controlPlane.client.getClock()).jump?.state === 'believed',
    90_000,
  )
  const schedule = () => controlPlane.client.getSchedule(scheduleId)
  await until(
    'it runs by that time',
    async () => Date.parse((await schedule()).lastRunAt ?? '') > Date.now() + 1e9,
    90_000,
  )
  clock.setTo(0)
  const { at } = { at: Date.now() }
  const ranAgain = async () => {
    const { lastRunAt, overdue } = await schedule()
    return !overdue && lastRunAt !== null && Date.parse(lastRunAt) >= at && Date.parse(lastRunAt) <= clock.now()
  }
  await until('it runs by the right time', ranAgain, 120_000)
  // What its runner did by the wrong time does not bind it: once the audit has gone on, it takes what is signed now.
  await until(
    'the runner does orders again',
    async () => {
      const { id: next } = await controlPlane.client.placeOrder(order)
      const settled = async () => {
        const { status } = await controlPlane.client.getOrder(next)
        return status === 'SUCCEEDED' || status === 'FAILED' ? status : null
      }
      return (await until('it is over', settled, 30_000)) === 'SUCCEEDED'
    },
    60_000,
  )
  expect((await controlPlane.client.getOrder(id)).status).toBe('SUCCEEDED')
  const { items } = await controlPlane.client.listOrders({ limit: 100 })
  expect(items.filter(({ status }) => status === 'EXPIRED')).toEqual([])
})

test('an order that runs through every jump, there and back, is done once, and nothing that waits is lost', async (hooks) => {
  const world = await newWorld('sqlite', hooks)
  const clock = newClock(world.folder)
  const quiet = { ...keeping, ...clock.env, IKOMA_RUN_LEASE_SEC: '30', IKOMA_CLAIM_LEASE_SEC: '30' }
  const controlPlane = await world.startServer(quiet)
  const enrolled = await world.enrol(controlPlane, shellScopes)
  const env = { ...clock.env, IKOMA_RUNNER_CONCURRENCY: '1' }
  await world.startRunner(enrolled, ['--url', controlPlane.url], env)
  const ledger = join(world.folder, 'ledger')
  const running = await placeShell(controlPlane, enrolled, ledgerProgram(ledger, 16))
  await until('it runs', () => readLedger(ledger).length === 1)
  const { id: waiting } = await controlPlane.client.placeOrder({ type: 'runner.selftest', runnerId: enrolled.id })
  for (const byThen of jumps) {
    clock.setTo(byThen)
    await sleep(1_200)
    clock.setTo(0)
    await sleep(1_200)
  }
  await world.orderIs(controlPlane, running.id, 'SUCCEEDED', 40_000)
  await world.orderIs(controlPlane, waiting, 'SUCCEEDED', 40_000)
  expect(readLedger(ledger).map(({ event }) => event)).toEqual(['start', 'end'])
})

test('a runner whose own clock is 180 s off is online, shown, and logs by our time', async (hooks) => {
  const world = await newWorld('sqlite', hooks)
  const clock = newClock(world.folder, 180)
  const controlPlane = await world.startServer()
  const enrolled = await world.enrol(controlPlane)
  await world.startRunner(enrolled, ['--url', controlPlane.url], clock.env)
  const seen = async () => {
    const runner = await controlPlane.client.getRunner(enrolled.id)
    return runner.status === 'ONLINE' && Math.abs((runner.clockSkewMs ?? 0) - 180_000) < 5_000
  }
  await until('it is online, and its clock known', seen)
})

describe.each([
  ['Europe/Paris', '2026-10-25T00:59:52Z'],
  ['Europe/Paris', '2027-03-28T00:59:52Z'],
  ['Africa/Casablanca', '2027-02-07T01:59:52Z'],
  ['Africa/Casablanca', '2027-03-14T01:59:52Z'],
  ['Australia/Lord_Howe', '2027-04-03T14:59:52Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:29:52Z'],
])('in %s at %s', (zone, at) => {
  test('what is due as the local clock changes is done once, and that is no jump', async (hooks) => {
    const world = await newWorld('sqlite', hooks)
    const clock = newClock(world.folder, Math.round((Date.parse(at) - Date.now()) / 1000))
    const env = { ...clock.env, TZ: zone }
    const controlPlane = await world.startServer(env)
    const enrolled = await world.enrol(controlPlane)
    await world.startRunner(enrolled, ['--url', controlPlane.url], env)
    const order = { type: 'runner.selftest', runnerId: enrolled.id }
    await controlPlane.client.createSchedule({ name: 'm', cron: '* * * * *', timeZone: zone, order })
    const placed = async () => (await controlPlane.client.listOrders({ limit: 10 })).items
    const [first] = await until('it was placed', async () => ((await placed()).length > 0 ? placed() : null))
    await world.orderIs(controlPlane, first?.id ?? '', 'SUCCEEDED')
    await sleep(1_500)
    expect(await placed()).toHaveLength(1)
    expect(await controlPlane.client.getClock()).toMatchObject({ steady: true, jump: null })
  })
})
