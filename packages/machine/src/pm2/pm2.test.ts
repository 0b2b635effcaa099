import { expect, test } from 'vitest'
import type { Program } from '../host.ts'
import { pm2Listens, pm2Tools } from '../testing/pm2-tools.ts'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { noUnitRuns, systemdTools } from '../testing/systemd-tools.ts'
import { memoryLimitOf } from './memory.ts'
import { pm2, readPm2, readPm2Log, savePm2 } from './pm2.ts'

const account = { user: 'app', home: '/srv/app' }
const left = { '/srv/app/.pm2/rpc.sock': '', '/srv/app/.pm2/pm2.pid': '4242' }
const web = { name: 'web', revision: null, status: 'online', restarts: 0 }
const unit = { loaded: '', runs: '', restarts: 0 }

function setup({ byOrder, listens }: { byOrder: boolean; listens: boolean }): SimulatedHost {
  const running = byOrder ? { 'pm2-app.service': unit } : {}
  return new SimulatedHost({
    files: { ...left, ...(listens ? pm2Listens('/srv/app') : {}) },
    tools: { ...systemdTools, ...pm2Tools },
    state: { systemd: { ...noUnitRuns, running }, pm2: [web] },
  })
}

const asked = (host: SimulatedHost) => host.ran.filter(([tool]) => tool === 'runuser').length

test('PM2 is read whoever started it, with the variables that are to be hidden', async () => {
  const found = await readPm2(setup({ byOrder: false, listens: true }), account)
  expect(found).toMatchObject([{ state: { name: 'web', revision: null }, environment: { TOKEN: 'x' } }])
})

test('PM2 that was killed is not asked, for that would start it', async () => {
  for (const byOrder of [true, false]) {
    const host = setup({ byOrder, listens: false })
    expect(await readPm2(host, account)).toBeNull()
    await expect(pm2(host, account, ['jlist'])).rejects.toMatchObject({ reason: 'pm2_not_running' })
    expect(asked(host)).toBe(0)
  }
})

test('orders leave alone a PM2 that no order started', async () => {
  const host = setup({ byOrder: false, listens: true })
  await expect(pm2(host, account, ['delete', 'web'])).rejects.toMatchObject({ reason: 'pm2_not_running' })
  expect(asked(host)).toBe(0)
  expect(await pm2(setup({ byOrder: true, listens: true }), account, ['jlist'])).toContain('web')
})

test('what PM2 keeps for the next boot, variables and all, is closed to others with the rights of the account', async () => {
  const host = setup({ byOrder: true, listens: true })
  await savePm2(host, account)
  const closing = ['chmod', '--silent', '600', '--', '/srv/app/.pm2/dump.pm2', '/srv/app/.pm2/dump.pm2.bak']
  expect(host.ran.at(-1)?.slice(0, 4)).toEqual(['runuser', '-u', 'app', '--'])
  expect(host.ran.at(-1)?.slice(-closing.length)).toEqual(closing)
})

test('the limit of all is the sum of theirs, and none where one of them has none', () => {
  const process = { name: 'web', interpreter: '/usr/bin/node', script: '/a.js', workingDirectory: '/' }
  const limited = { ...process, maxMemoryBytes: 100 }
  const ofPm2 = 128 * 1024 ** 2
  expect(memoryLimitOf([limited, { ...limited, instances: 3 }])).toBe(ofPm2 + 400)
  expect([memoryLimitOf([limited, process]), memoryLimitOf([])]).toEqual([null, null])
})

test('what pm2 lists is read as it is: hidden, the variables could not be hidden in what the process says', async () => {
  const host = setup({ byOrder: true, listens: true })
  const run = host.run.bind(host)
  const programs: Program[] = []
  host.run = (program) => {
    programs.push(program)
    return run(program)
  }
  await pm2(host, account, ['jlist'])
  await readPm2Log(host, account, '/srv/app/error.log', { lines: 5, secrets: ['battery-staple-9'] })
  const asked = programs.filter(({ argv }) => argv[0] === 'runuser')
  expect(asked.map((program) => program.secrets)).toEqual([undefined, ['battery-staple-9']])
})
