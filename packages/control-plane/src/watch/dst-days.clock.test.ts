import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'

const minuteMs = 60_000

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

/** The day on which the clock of the zone changes, by its instant, and a time of day that it leaves out or shows twice. */
describe.each([
  ['Europe/Paris', '2026-10-25T01:00:00Z', '30 2 * * *', 'an hour twice'],
  ['Europe/Paris', '2027-03-28T01:00:00Z', '30 2 * * *', 'an hour left out'],
  ['Africa/Casablanca', '2027-02-07T02:00:00Z', '30 2 * * *', 'Ramadan begins: an hour twice'],
  ['Africa/Casablanca', '2027-03-14T02:00:00Z', '30 2 * * *', 'Ramadan ends: an hour left out'],
  ['Australia/Lord_Howe', '2027-04-03T15:00:00Z', '45 1 * * *', 'half an hour twice'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '15 2 * * *', 'half an hour left out'],
])('in %s, %s', (timeZone, at, daily) => {
  test.each([
    ['*/30 * * * *', 10],
    ['*/15 * * * *', 20],
    [daily, 1],
  ])('%s runs %i times in the five hours around it, without an alarm', async (cron, count) => {
    world.time.now = Date.parse(at) - 150 * minuteMs + 1_000
    await world.clockWatch.start()
    const runner = await world.createRunner()
    const order = { type: 'runner.selftest', runnerId: runner.id }
    const { body } = await world.admin('POST', '/v1/schedules', { body: { name: 'x', cron, timeZone, order } })
    const dueAt: string[] = [body.nextRunAt]
    for (let minute = 0; minute < 300; minute += 1) {
      world.time.now += minuteMs
      await world.clockWatch.tick()
      await world.runScheduler()
      dueAt.push((await world.admin('GET', `/v1/schedules/${body.id}`)).body.nextRunAt)
    }
    expect((await world.admin('GET', '/v1/orders?limit=100')).body.items).toHaveLength(count)
    expect(new Set(dueAt).size, 'no time of it comes twice').toBe(count + 1)
    expect((await world.admin('GET', '/v1/clock')).body.steady).toBe(true)
  })
})
