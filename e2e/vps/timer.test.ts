import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../kit/until.ts'
import { onHost } from './bare-host.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

const ledger = '/srv/worker/ledger'
/** Takes longer than it is from one run to the next, as document 4's worker may. */
const work = `
  const { appendFileSync } = require('node:fs')
  const note = (event) => appendFileSync('${ledger}', event + '\\n')
  note('start')
  console.log('polled')
  setTimeout(() => note('end'), 4000)
`

onHost('a worker that a timer starts', () => {
  let vps: Vps
  const timer = {
    name: 'worker',
    description: 'Amazon polling',
    user: 'worker',
    workingDirectory: '/srv/worker',
    execStart: [installedNode, '--eval', work],
    readWritePaths: ['/srv/worker'],
    timeoutSec: 60,
    schedule: { everySec: 2, afterBootSec: 1 },
  }
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'service', 'timer'] })
    await vps.done('system.user.apply', { name: 'worker', home: '/srv/worker' })
  })
  afterAll(() => vps?.close())

  test('is set up by one order, runs again and again, and never beside itself', async () => {
    expect(await vps.done('timer.systemd.apply', timer)).toMatchObject({ changed: true })
    expect(await vps.done('timer.systemd.apply', timer)).toMatchObject({ changed: false, changes: [] })

    const events = await until(
      'three runs of the worker',
      async () => {
        const { stdout } = await vps.host.look(['cat', ledger])
        const seen = stdout.trim().split('\n')
        return seen.filter((event) => event === 'end').length >= 3 && seen
      },
      60_000,
    )
    expect(events.slice(0, 6)).toEqual(['start', 'end', 'start', 'end', 'start', 'end'])
  })

  test('tells by orders how it is and what it said, and goes without a trace', async () => {
    expect(await vps.done('service.systemd.status', { name: 'worker' })).toMatchObject({
      managed: true,
      timer: { activeState: 'active' },
    })
    const { lines } = (await vps.done('service.systemd.logs', { name: 'worker' })) as { lines: { message: string }[] }
    expect(lines.map(({ message }) => message)).toContain('polled')

    await vps.done('timer.systemd.remove', { name: 'worker' })
    expect((await vps.host.look(['systemctl', 'cat', 'worker.timer', 'worker.service'])).code).toBe(1)
  })
})
