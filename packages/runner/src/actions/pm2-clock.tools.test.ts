import { existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { catalogue, type OrderTypeName } from '@ikoma/api'
import { addFiles } from '@ikoma/machine/testing/tool'
import { expect, test } from 'vitest'
import type { Action } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundPm2 } from '../testing/foreground-pm2.ts'
import { actions } from './index.ts'

/** Says when it begins and ends, and when it is told to end before; it goes on until its file is there. */
const worker = `
const { existsSync } = require('node:fs')
console.log('began')
process.on('SIGINT', () => { console.log('killed'); process.exit(1) })
setInterval(() => { if (existsSync(process.argv[2])) { console.log('ended'); process.exit(0) } }, 50)
`

async function setup() {
  const { place, machine, pm2 } = await startForegroundPm2()
  addFiles(place, { 'worker.cjs': worker, 'etc/README': '' })
  const order = async (type: OrderTypeName, given: object) => {
    const payload = catalogue[type].payload.parse({ user: 'app', ...given })
    return (await (actions[type] as Action<never>)(payload as never, actionContext({ machine }))) as unknown as Result
  }
  const job = {
    ...{ name: 'poll', script: `${place}/worker.cjs`, args: [`${place}/done`], workingDirectory: place },
    ...{ interpreter: process.execPath, cron: '* * * * *' },
  }
  await order('service.pm2.apply', { processes: [job], settleSec: 1 })
  const log = (kind: 'out' | 'error') => readLines(`${place}/.pm2/logs/poll-${kind}.log`)
  const status = async () => (await order('service.pm2.status', {})).output.processes[0]
  return { place, pm2, order, log, status }
}

interface Result {
  summary: string
  output: { processes: { status: string; startedAt: string; leftOut: { total: number; ofThisRun: number } }[] }
}

const readLines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [])

test('a run that goes on when the next is due is left alone, which is said and counted, and the next one comes', async () => {
  const { place, order, log, status } = await setup()
  await expect.poll(async () => (await status())?.leftOut.ofThisRun, { timeout: 30_000 }).toBeGreaterThanOrEqual(4)
  const shown = await status()
  expect(log('out')).toEqual(['began'])
  expect(log('error').length).toBeGreaterThanOrEqual(3)
  expect(log('error').at(0)).toContain(
    `IKOMA: poll is not started now: its run since ${shown?.startedAt} still goes on`,
  )
  expect((await order('service.pm2.status', {})).summary).toContain(`its run since ${shown?.startedAt} goes on`)
  addFiles(place, { done: '' })
  await expect.poll(() => log('out').filter((line) => line === 'began').length, { timeout: 30_000 }).toBeGreaterThan(1)
  expect(log('out')).not.toContain('killed')
  expect((await status())?.leftOut).toMatchObject({ ofThisRun: 0 })
})

test('what an order stopped stays so at the next times, and goes again by one that restarts it', async () => {
  const { place, order, log, status, pm2 } = await setup()
  await order('service.pm2.stop', { name: 'poll' })
  await setTimeout(5_000)
  expect([log('out'), (await status())?.status]).toEqual([['began', 'killed'], 'stopped'])
  addFiles(place, { done: '' })
  await order('service.pm2.restart', { name: 'poll' })
  await expect.poll(() => log('out').filter((line) => line === 'ended').length, { timeout: 30_000 }).toBeGreaterThan(1)
  expect(await pm2('jlist')).toContain('poll.clock')
})
