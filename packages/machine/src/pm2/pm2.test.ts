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

test('the last words since a start are the last ones, however much was said since', async () => {
  const host = setup({ byOrder: true, listens: true })
  const log = `before\n${'noise\n'.repeat(60_000)}why it ended\n`
  // As programs of the machine are heard: what they print beyond this is cut.
  const most = 256 * 1024
  host.run = async ({ argv }) => {
    const command = argv.slice(argv.indexOf('-i') + 1).filter((word) => !/^[A-Z_0-9]+=/.test(word))
    if (command[0] === 'stat') return { code: 0, stdout: `${log.length}\n`, stderr: '' }
    const [, asked = ''] = command
    const bytes = Number(asked.replace('--bytes=', ''))
    const printed = asked.startsWith('--bytes=+') ? log.slice(bytes - 1) : log.slice(-bytes)
    return { code: 0, stdout: printed.slice(0, most), stderr: '' }
  }
  const read = (lines: number, from: number) => readPm2Log(host, account, '/srv/app/error.log', { lines, from })
  expect(await read(2, 7)).toEqual(['noise', 'why it ended'])
  expect(await read(9, log.length - 13)).toEqual(['why it ended'])
  expect(await read(9, log.length)).toEqual([])
  // It was begun anew meanwhile, as a rotated one is.
  expect(await read(1, log.length + 5)).toEqual(['why it ended'])
})
