import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { allOrders } from '../kit/all-orders.ts'
import { dialects } from '../kit/database.ts'
import { until } from '../kit/until.ts'
import { removeLeftovers, whyNoPowerCut } from './disk.ts'
import { History, type Loss } from './history.ts'
import { startLoad } from './load.ts'
import { type Machine, newMachine } from './machine.ts'

const cuts = 20
/** With fewer acknowledged steps since the last cut, or none just before it, a cut proves nothing. */
const leastSteps = 200
const longestSilenceMs = 300
/** A disk that ignores fsync loses within the first cut; a few more, in case the kernel wrote by itself just before. */
const mostControlCuts = 5

await removeLeftovers()
const obstacle = await whyNoPowerCut()
if (obstacle !== null) {
  const reason = `Power cannot be cut here, which takes root, ext4 and loop devices: ${obstacle}`
  if (process.env.IKOMA_POWER_CUT !== 'if-possible') {
    throw new Error(`${reason}\nWith IKOMA_POWER_CUT=if-possible these tests are skipped on such a machine.`)
  }
  process.stderr.write(`SKIPPED: the power-cut tests. ${reason}\n`)
}

describe.skipIf(obstacle !== null).each(dialects)('power cut under load, on %s', (dialect) => {
  test(`${cuts} times: no acknowledged step is lost`, async (t) => {
    const machine = await newMachine({ dialect, fsync: 'done' }, t)
    const history = new History()
    for (let cut = 1; cut <= cuts; cut += 1) {
      const { finish } = await cutUnderLoad(machine, history)
      expect(history.lossesAmong(await allOrders(machine.server.client)), `after cut ${cut}`).toEqual([])
      expect(await machine.server.client.verifyAudit(), `after cut ${cut}`).toMatchObject({ ok: true, fault: null })
      await finish()
    }
    const lost = stepsOf(history.lossesAmong(await allOrders(machine.server.client)))
    report(`${dialect}: ${cuts} cuts, ${history.steps} steps acknowledged, ${lost} lost`)
    expect(lost).toBe(0)
    expect(history.givenTwice).toEqual([])
  })

  test('on a disk that ignores fsync: acknowledged steps are lost, so this test can fail', async (t) => {
    const machine = await newMachine({ dialect, fsync: 'ignored' }, t)
    const history = new History()
    let lost = 0
    for (let cut = 1; cut <= mostControlCuts && lost === 0; cut += 1) {
      // What is there before the load is safe: only what it adds can be lost, and the database opens again.
      machine.disk.sync()
      await cutUnderLoad(machine, history)
      lost = stepsOf(history.lossesAmong(await allOrders(machine.server.client)))
    }
    report(`${dialect} without fsync: ${history.steps} steps acknowledged, ${lost} lost`)
    expect(lost).toBeGreaterThan(0)
  })
})

/** Cuts at a random moment; the load's runners still hold what they had. */
async function cutUnderLoad(machine: Machine, history: History): Promise<{ finish(): Promise<void> }> {
  const load = await startLoad(machine.server, history)
  const before = history.steps
  await until('enough acknowledged steps', () => history.steps - before > leastSteps)
  await sleep(Math.random() * 1_500)
  // On a busy machine the load may pause: the cut follows a step, whenever that comes.
  const seen = history.steps
  await until('a step just before the cut', () => history.steps > seen)
  const silenceMs = performance.now() - history.lastAt
  load.expectCut()
  await machine.cutPower()
  await load.ended()
  expect(silenceMs, 'since the last acknowledged step, in ms').toBeLessThan(longestSilenceMs)
  return load
}

function stepsOf(losses: readonly Loss[]): number {
  return losses.reduce((sum, { steps }) => sum + steps, 0)
}

function report(figures: string): void {
  process.stderr.write(`${figures}\n`)
}
