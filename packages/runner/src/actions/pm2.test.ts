import { createHash } from 'node:crypto'
import { catalogue, type OrderTypeName } from '@ikoma/api'
import { pm2Of } from '@ikoma/machine/testing/pm2-tools'
import { systemdOf } from '@ikoma/machine/testing/systemd-tools'
import { describe, expect, test } from 'vitest'
import type { Action } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import { pm2Machine } from '../testing/cases/pm2.ts'
import { actions } from './index.ts'

type Machine = ReturnType<typeof pm2Machine>

async function run(type: OrderTypeName, given: object, machine: Machine) {
  const context = actionContext({ machine })
  const payload = catalogue[type].payload.parse({ user: 'app', ...given })
  return { result: await (actions[type] as Action<never>)(payload as never, context), context }
}

const web = { name: 'web', script: '/srv/app/main.js', workingDirectory: '/srv/app', environment: { TOKEN: 'hunter2' } }
const job = { ...web, name: 'poll', cron: '*/5 * * * *' }
const apply = (machine: Machine, ...processes: object[]) => run('service.pm2.apply', { processes }, machine)
const former = { name: 'web', revision: 'former', status: 'online', restarts: 0 }

test.each([
  ['service.pm2.startup', {}],
  ['service.pm2.apply', { processes: [web] }],
  ['service.pm2.stop', { name: 'web' }],
  ['service.pm2.save', {}],
  ['service.pm2.remove', {}],
  ['service.pm2.restart', { name: 'web' }],
  ['service.pm2.status', {}],
  ['service.pm2.logs', { name: 'web' }],
] as const)('%s is refused for an account that no order made and the policy does not name', async (type, given) => {
  const machine = pm2Machine()
  Object.assign(machine.state.users as object, { postgres: { home: '/srv/app', shell: '', groups: ['postgres'] } })
  const before = machine.snapshot()
  await expect(run(type, { user: 'postgres', ...given }, machine)).rejects.toMatchObject({
    reason: 'not_an_apps_account',
  })
  expect(machine.snapshot()).toEqual(before)
  expect(machine.ran.map(([program]) => program)).not.toContain('runuser')
})

describe('service.pm2.apply', () => {
  test('tells nobody the variables, and keeps the file of processes from other accounts', async () => {
    const machine = pm2Machine()
    const { result, context } = await apply(machine, web)
    expect(JSON.stringify([result, context.logged, context.steps])).not.toContain('hunter2')
    const access = { mode: 0o640, owner: 'root', group: 'app' }
    expect(await machine.look('/etc/pm2/app.config.cjs')).toMatchObject(access)
  })

  test('runs pm2 as the account, without the mark by which the order ends what it started', async () => {
    const machine = pm2Machine()
    await apply(machine, web)
    const pm2 = machine.ran.filter((argv) => argv.includes('pm2'))
    expect(pm2.length).toBeGreaterThan(2)
    for (const argv of pm2) expect(argv.slice(0, 6)).toEqual(['runuser', '-u', 'app', '--', 'env', '-i'])
  })

  test('starts anew only what changed, and leaves alone what people started', async () => {
    const machine = pm2Machine()
    await apply(machine, web, { ...web, name: 'worker' })
    pm2Of(machine).push({ name: 'by-hand', revision: null as never, status: 'online', restarts: 0 })
    const before = machine.ran.length
    await apply(machine, { ...web, environment: { TOKEN: 'other' } })
    const started = machine.ran.slice(before).filter((argv) => argv.includes('start'))
    expect(started.map((argv) => argv.at(-1))).toEqual(['web'])
    expect(pm2Of(machine).map(({ name }) => name)).toEqual(['by-hand', 'web'])
  })

  test('has a clock start what has a cron, for PM2 would kill a run that goes on', async () => {
    const machine = pm2Machine()
    await apply(machine, web, job)
    expect(pm2Of(machine).map(({ name }) => name)).toEqual(['web', 'poll', 'poll.clock'])
    const text = machine.contentOf('/etc/pm2/app.config.cjs') ?? ''
    const { apps } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
    expect(apps).toMatchObject([{ name: 'web' }, { name: 'poll', autorestart: false }, { name: 'poll.clock' }])
    expect(apps.map((each: { cron_restart?: string }) => each.cron_restart)).toEqual([undefined, undefined, job.cron])
    expect(apps[2]).toMatchObject({ script: '/etc/pm2/app.clock.cjs', args: ['poll', '10'], env: {} })
    expect(JSON.stringify(apps[2])).not.toContain('hunter2')
    expect(await machine.look('/etc/pm2/app.clock.cjs')).toMatchObject({ mode: 0o644, owner: 'root' })
    await apply(machine, web)
    expect(pm2Of(machine).map(({ name }) => name)).toEqual(['web'])
  })

  test('does not start again what the clock starts', async () => {
    const machine = pm2Machine()
    await apply(machine, job)
    Object.assign(pm2Of(machine)[0] ?? {}, { status: 'stopped' })
    expect((await apply(machine, job)).result).toMatchObject({ output: { changed: false } })
  })

  test('starts anew what an earlier order left to the cron of PM2 itself', async () => {
    const payload = catalogue['service.pm2.apply'].payload.parse({ user: 'app', processes: [job] })
    const text = JSON.stringify(payload.processes[0])
    const revision = createHash('sha256').update(text).digest('hex').slice(0, 32)
    const machine = pm2Machine({ processes: [{ ...former, name: 'poll', revision }] })
    expect((await apply(machine, job)).result).toMatchObject({ output: { changed: true } })
    expect(machine.ran.filter((argv) => argv.includes('delete')).map((argv) => argv.at(-1))).toEqual(['poll'])
  })

  test('that does not stay up is refused, and the former processes run again', async () => {
    const machine = pm2Machine({ processes: [former] })
    const before = machine.snapshot()
    const crash = { ...web, name: 'crash' }
    await expect(apply(machine, crash)).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
    expect(machine.snapshot()).toEqual(before)
  })

  test('needs PM2 to run, which it would otherwise start by itself outside of systemd', async () => {
    const machine = pm2Machine({ up: false })
    await expect(apply(machine, web)).rejects.toMatchObject({ reason: 'pm2_not_running' })
    expect(machine.ran.filter((argv) => argv.includes('pm2'))).toEqual([])
  })

  test('limits what all processes take together, at once, where each of them has a limit', async () => {
    const machine = pm2Machine()
    const limited = { ...web, maxMemoryBytes: 157_286_400 }
    const limit = String(157_286_400 + 128 * 1024 ** 2)
    const { result } = await apply(machine, limited)
    const { changes } = result.output as unknown as { changes: object[] }
    expect(changes).toContainEqual({
      title: `limit the memory of pm2-app.service to ${limit} bytes`,
      diff: `-infinity\n+${limit}`,
    })
    expect(systemdOf(machine).memoryMax).toEqual({ 'pm2-app.service': limit })
    expect((await apply(machine, limited)).result).toMatchObject({ output: { changed: false } })
    await apply(machine, limited, { ...web, name: 'worker' })
    expect(systemdOf(machine).memoryMax).toBeUndefined()
  })

  test('puts the former limit back when the processes do not stay up', async () => {
    const machine = pm2Machine({ processes: [former] })
    const before = machine.snapshot()
    const crash = { ...web, name: 'crash', maxMemoryBytes: 157_286_400 }
    await expect(apply(machine, crash)).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
    expect(machine.snapshot()).toEqual(before)
  })

  test('refuses a name that is there twice', () => {
    const payload = { user: 'app', processes: [web, web] }
    expect(catalogue['service.pm2.apply'].payload.safeParse(payload).success).toBe(false)
  })
})

describe('a process that a clock starts', () => {
  async function setup() {
    const machine = pm2Machine()
    await apply(machine, job)
    return machine
  }
  const names = (machine: Machine) => pm2Of(machine).map(({ name }) => name)

  test('is stopped with its clock, which comes back when it is restarted', async () => {
    const machine = await setup()
    await run('service.pm2.stop', { name: 'poll' }, machine)
    expect(pm2Of(machine)).toMatchObject([{ name: 'poll', status: 'stopped' }])
    expect((await run('service.pm2.stop', { name: 'poll' }, machine)).result).toMatchObject({
      output: { changed: false },
    })
    await run('service.pm2.restart', { name: 'poll' }, machine)
    expect(names(machine)).toEqual(['poll', 'poll.clock'])
  })

  test('is stopped between two runs too: else it would start at the next time', async () => {
    const machine = await setup()
    Object.assign(pm2Of(machine)[0] ?? {}, { status: 'stopped' })
    const { result } = await run('service.pm2.stop', { name: 'poll' }, machine)
    expect(result).toMatchObject({ output: { changed: true } })
    expect(names(machine)).toEqual(['poll'])
  })

  test('is shown with the starts that were left out since its run began, and what the account wrote there is a number', async () => {
    const machine = await setup()
    const run1 = new Date(1_795_278_001_000).toISOString()
    const show = async (count: string) => {
      machine.put('/srv/app/.pm2/poll.left-out.json', count)
      const { result } = await run('service.pm2.status', {}, machine)
      return result as unknown as { summary: string; output: { processes: { name: string; leftOut: object }[] } }
    }
    const shown = await show(JSON.stringify({ run: run1, inRun: 24, total: 31, lastAt: '2026-11-21T18:20:01Z' }))
    expect(shown.output.processes).toMatchObject([
      { name: 'poll', leftOut: { total: 31, ofThisRun: 24, lastAt: '2026-11-21T18:20:01.000Z' } },
    ])
    expect(shown.summary).toBe(
      `1 of 1 processes of app run. poll: its run since ${run1} goes on, 24 starts were left out meanwhile.`,
    )
    const former = await show(JSON.stringify({ run: '2026-11-01T00:00:00.000Z', inRun: 24, total: 31 }))
    expect(former.output.processes).toMatchObject([{ leftOut: { total: 31, ofThisRun: 0, lastAt: null } }])
    for (const bad of ['[1]', 'null', '{', '{"total":"<b>","inRun":-1,"run":7,"lastAt":"x"}']) {
      const { processes } = (await show(bad)).output
      expect(processes).toMatchObject([{ leftOut: { total: 0, ofThisRun: 0, lastAt: null } }])
    }
  })
})

test.each(['stop', 'restart', 'logs'])('service.pm2.%s names a process that is not there', async (verb) => {
  const order = run(`service.pm2.${verb}` as OrderTypeName, { name: 'nobody' }, pm2Machine())
  await expect(order).rejects.toMatchObject({ reason: 'no_such_service' })
})

test('service.pm2.startup works for an account in /home, which sees its own home alone', async () => {
  const machine = pm2Machine({ up: false })
  Object.assign((machine.state.users as { app: object }).app, { home: '/home/shop' })
  expect((await run('service.pm2.startup', {}, machine)).result).toMatchObject({ ok: true })
  expect(systemdOf(machine).running['pm2-app.service']?.runs).toContain('\nBindPaths=/home/shop\n')
})

test('service.pm2.startup says so when pm2 is not installed', async () => {
  const machine = pm2Machine({ up: false })
  await machine.remove('/usr/bin/pm2')
  await expect(run('service.pm2.startup', {}, machine)).rejects.toMatchObject({ reason: 'tool_absent' })
})

test('what was saved is read from a file only, not from whatever the account put there', async () => {
  const machine = pm2Machine({ processes: [former] })
  machine.put('/srv/app/.pm2/dump.pm2', 'root:x:0:0\n')
  const { result, context } = await run('service.pm2.save', {}, machine)
  expect(result).toMatchObject({ output: { changed: true } })
  expect(JSON.stringify([result, context.logged])).not.toContain('root:x')
})
