import { catalogue, type OrderTypeName } from '@ikoma/api'
import { systemdOf, writtenAs } from '@ikoma/machine/testing/systemd-tools'
import { describe, expect, test } from 'vitest'
import type { Action } from '../order/action.ts'
import { policyOf } from '../order/policy.ts'
import { actionContext } from '../testing/action-context.ts'
import { systemdMachine } from '../testing/cases/systemd.ts'
import { actions } from './index.ts'

const payload = {
  name: 'gateway',
  description: 'Gateway',
  user: 'app',
  workingDirectory: '/srv/app',
  execStart: ['/usr/bin/node', 'main.js'],
  environment: { TOKEN: 'hunter2' },
}
type Machine = ReturnType<typeof systemdMachine>

async function run(type: OrderTypeName, given: object, machine: Machine, policy = policyOf({})) {
  const context = actionContext({ machine, policy })
  const action = actions[type] as Action<never>
  const result = await action(catalogue[type].payload.parse(given) as never, context)
  return { result, context }
}

const apply = (machine: Machine, more: object = {}) => run('service.systemd.apply', { ...payload, ...more }, machine)
const by = '# Written by IKOMA for a service. What is changed here is lost with its next order.\n'

describe('service.systemd.apply', () => {
  test('tells nobody the variables', async () => {
    const { result, context } = await apply(systemdMachine())
    expect(JSON.stringify([result, context.logged, context.steps])).not.toContain('hunter2')
    expect(JSON.stringify(result)).toContain('+ExecStart=/usr/bin/node main.js')
  })

  test('starts it anew when only a variable changed, and keeps the file of variables from others', async () => {
    const machine = systemdMachine()
    await apply(machine)
    const { result } = await apply(machine, { environment: { TOKEN: 'hunter3' } })
    expect(result.output).toMatchObject({ changed: true })
    expect(systemdOf(machine).running['gateway.service']?.runs).toContain('TOKEN="hunter3"')
    const access = { mode: 0o600, owner: 'root', group: 'root' }
    expect(await machine.look('/etc/systemd/system/gateway.service.env')).toMatchObject(access)
  })

  test('removes the variables when there are none any more', async () => {
    const machine = systemdMachine()
    await apply(machine)
    await apply(machine, { environment: {} })
    expect(await machine.look('/etc/systemd/system/gateway.service.env')).toBeNull()
    expect(writtenAs(machine, 'gateway.service')).not.toContain('EnvironmentFile')
  })

  test('that does not stay up is refused, and the former unit runs again', async () => {
    const machine = systemdMachine('gateway.service')
    const before = machine.snapshot()
    const crash = apply(machine, { execStart: ['/usr/bin/crash'] })
    await expect(crash).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
    expect(machine.snapshot()).toEqual(before)
    expect(systemdOf(machine).running['gateway.service']?.runs).toContain('/usr/bin/former')
  })

  test('that does not stay up tells what it said last', async () => {
    const machine = systemdMachine('gateway.service')
    const said = ['Started gateway.service.', "Error: Cannot find module 'express'"].reverse()
    const lines = said.map((MESSAGE) => JSON.stringify({ __REALTIME_TIMESTAMP: '1000000', MESSAGE }))
    machine.install('journalctl', () => ({ stdout: `${lines.join('\n')}\n` }))
    await expect(apply(machine, { execStart: ['/usr/bin/crash'] })).rejects.toMatchObject({
      message: expect.stringContaining("It said:\nError: Cannot find module 'express'\n"),
    })
  })

  test('that does not stay up and is new is gone again', async () => {
    const machine = systemdMachine()
    const before = machine.snapshot()
    await expect(apply(machine, { name: 'shop', execStart: ['/usr/bin/crash'] })).rejects.toThrow('does not stay up')
    expect(machine.snapshot()).toEqual(before)
  })

  test('that systemd refuses is not installed', async () => {
    const machine = systemdMachine('gateway.service')
    const before = machine.snapshot()
    const refused = apply(machine, { execStart: ['/no/such/program'] })
    await expect(refused).rejects.toMatchObject({
      reason: 'unit_refused',
      message: expect.stringContaining('is not executable'),
    })
    expect(machine.snapshot()).toEqual(before)
  })

  test('runs a unit as it is written that a killed order left written but not started', async () => {
    const machine = systemdMachine('gateway.service')
    await apply(machine)
    machine.put('/run/ikoma-restart.gateway.service', '')
    const running = systemdOf(machine).running['gateway.service']
    if (running) running.runs = 'former'
    const { result } = await apply(machine)
    expect(result).toMatchObject({ ok: true, output: { changed: true } })
    expect(systemdOf(machine).running['gateway.service']?.runs).toBe(writtenAs(machine, 'gateway.service'))
  })

  test.each([
    ['a user who is not there', { user: 'nobody-here' }, 'no_such_user'],
    ['a user who can become root', { user: 'captain' }, 'powerful_user'],
    ['a group whose members can become root', { group: 'docker' }, 'powerful_user'],
  ])('refuses %s', async (_, more, reason) => {
    const machine = systemdMachine()
    Object.assign(machine.state.users as object, { captain: { home: '/', shell: '', groups: ['captain', 'docker'] } })
    await expect(apply(machine, more)).rejects.toMatchObject({ reason })
  })

  test.each([
    ['account of a service', { user: 'caddy' }, 'not_an_apps_account'],
    ['account that no order made', { user: 'deploy' }, 'not_an_apps_account'],
    ['group of a service', { group: 'ssl-cert' }, 'not_an_apps_group'],
    ['group of an account that no order made', { group: 'deploy' }, 'not_an_apps_group'],
  ])('refuses the %s, for a service and for a job', async (_, more, reason) => {
    const machine = systemdMachine()
    const own = (name: string) => ({ home: '/var/lib/x', shell: '/bin/sh', groups: [name] })
    Object.assign(machine.state.users as object, { caddy: own('caddy'), deploy: own('deploy') })
    await expect(apply(machine, more)).rejects.toMatchObject({ reason })
    const job = { ...payload, name: 'often', ...more, timeoutSec: 60, schedule: { everySec: 300 } }
    await expect(run('timer.systemd.apply', job, machine)).rejects.toMatchObject({ reason })
    const policy = policyOf({ appAccounts: ['caddy', 'deploy'], appGroups: ['ssl-cert'] })
    expect(await run('timer.systemd.apply', job, machine, policy)).toMatchObject({ result: { ok: true } })
  })

  test.each(['root', 'ikoma'])('refuses to run as %s', (user) => {
    expect(catalogue['service.systemd.apply'].payload.safeParse({ ...payload, user }).success).toBe(false)
  })
})

describe('a unit that no order made', () => {
  const orders: [OrderTypeName, object][] = [
    ['service.systemd.apply', payload],
    ['service.systemd.remove', {}],
    ['timer.systemd.apply', { ...payload, timeoutSec: 60, schedule: { everySec: 60 } }],
    ['timer.systemd.remove', {}],
  ]
  const acts: [OrderTypeName, object][] = ['start', 'stop', 'restart', 'logs'].map((verb) => [
    `service.systemd.${verb}` as OrderTypeName,
    {},
  ])

  test.each([...orders, ...acts])('of the distribution is not touched by %s', async (type, given) => {
    const machine = systemdMachine('cups.service')
    const before = machine.snapshot()
    await expect(run(type, { ...given, name: 'cups' }, machine)).rejects.toMatchObject({ reason: 'foreign_unit' })
    expect(machine.snapshot()).toEqual(before)
  })

  test.each([...orders, ...acts])('of people is not touched by %s', async (type, given) => {
    const machine = systemdMachine()
    machine.put('/etc/systemd/system/shop.service', '[Service]\nExecStart=/usr/bin/shop\n')
    await expect(run(type, { ...given, name: 'shop' }, machine)).rejects.toMatchObject({ reason: 'foreign_unit' })
  })

  test('of the other kind is not overwritten or removed', async () => {
    const foreign = { reason: 'foreign_unit' }
    await expect(apply(systemdMachine(), { name: 'poll' })).rejects.toMatchObject(foreign)
    await expect(run('service.systemd.remove', { name: 'poll' }, systemdMachine())).rejects.toMatchObject(foreign)
    await expect(run('timer.systemd.remove', { name: 'gateway' }, systemdMachine())).rejects.toMatchObject(foreign)
  })

  test.each(['ikoma-runner', 'ikoma-executor', 'systemd-journald', 'ssh', 'dbus', 'docker'])(
    'has no name in an order: %s',
    (name) => {
      for (const [type, given] of [...orders, ...acts].filter(([type]) => type !== 'service.systemd.logs')) {
        expect(catalogue[type].payload.safeParse({ ...given, name }).success).toBe(false)
      }
    },
  )
})

describe('service.systemd.start', () => {
  test('leaves a service that does not stay up as it was, stopped', async () => {
    const machine = systemdMachine()
    machine.put('/etc/systemd/system/gateway.service', `${by}[Service]\nExecStart=/usr/bin/crash\n`)
    const before = machine.snapshot()
    await expect(run('service.systemd.start', { name: 'gateway' }, machine)).rejects.toThrow('does not stay up')
    expect(machine.snapshot()).toEqual(before)
  })
})

describe('service.systemd.logs', () => {
  test('reads what IKOMA installs as well, within what was asked', async () => {
    const machine = systemdMachine()
    const range = { lines: 5, since: '2026-11-21T01:00:00+01:00', until: '2026-11-22T00:00:00Z', priority: 'err' }
    await run('service.systemd.logs', { name: 'caddy', ...range }, machine)
    const [argv] = machine.ran.filter(([name]) => name === 'journalctl')
    expect(argv).toEqual(
      expect.arrayContaining([
        '--unit=caddy.service',
        '--lines=5',
        '--since=@1795219200',
        '--until=@1795305600',
        '--priority=err',
      ]),
    )
  })
})
