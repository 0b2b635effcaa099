import { accountTools } from '@ikoma/machine/testing/account-tools'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { noUnitRuns, systemdOf, systemdTools, writtenAs } from '@ikoma/machine/testing/systemd-tools'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const program = {
  description: 'A sample',
  user: 'app',
  workingDirectory: '/srv/app',
  execStart: ['/usr/bin/node', 'main.js'],
  environment: { TOKEN: 'hunter2' },
}
const service = { ...program, name: 'gateway' }
const timer = { ...program, name: 'poll', timeoutSec: 290, schedule: { everySec: 300 } }
const by = (kind: string) => `# Written by IKOMA for a ${kind}. What is changed here is lost with its next order.\n`

const files = {
  '/run/utmp': '',
  '/etc/systemd/system/gateway.service': `${by('service')}[Service]\nExecStart=/usr/bin/former\n`,
  '/etc/systemd/system/poll.service': `${by('timer')}[Service]\nType=oneshot\nExecStart=/usr/bin/former\n`,
  '/etc/systemd/system/poll.timer': `${by('timer')}[Timer]\nOnUnitActiveSec=9\n`,
}
const users = { app: { comment: 'IKOMA', home: '/srv/app', shell: '/usr/sbin/nologin', groups: ['app'] } }

/** Two lines of the log, the newest first, as `--reverse` has them. */
const journalctl: Tool = () => ({
  stdout: [
    { __REALTIME_TIMESTAMP: '1795278002000000', PRIORITY: '6', MESSAGE: [104, 105] },
    { __REALTIME_TIMESTAMP: '1795278001000000', PRIORITY: '3', MESSAGE: 'it failed' },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(''),
})

/** The former units are there; those named run, and start at boot. */
export function systemdMachine(...up: string[]): SimulatedHost {
  const tools = { ...accountTools, ...systemdTools, journalctl }
  const machine = new SimulatedHost({ files, tools, state: { users, systemd: noUnitRuns } })
  for (const unit of up) {
    const loaded = writtenAs(machine, unit)
    systemdOf(machine).running[unit] = { loaded, runs: loaded, restarts: 0 }
    systemdOf(machine).enabled.push(unit)
  }
  return machine
}

function expectRunning(machine: SimulatedHost, unit: string): void {
  const { running, enabled } = systemdOf(machine)
  expect(running[unit]?.runs).toBe(writtenAs(machine, unit))
  expect(enabled).toContain(unit)
}

function expectGone(machine: SimulatedHost, units: readonly string[]): void {
  expect(systemdOf(machine)).toMatchObject({ running: {}, enabled: [] })
  for (const unit of units) expect(writtenAs(machine, unit)).toBe('')
}

const needs = ['systemctl']

export const systemdCases: OrderTypeCase[] = [
  {
    type: 'service.systemd.apply',
    kind: 'change',
    payload: service,
    bad: { payload: { ...service, execStart: ['node; rm'] }, field: 'execStart.0' },
    machine: () => systemdMachine('gateway.service'),
    needs: [...needs, 'systemd-analyze', 'id'],
    expectDone(machine) {
      expectRunning(machine, 'gateway.service')
      expect(writtenAs(machine, 'gateway.service')).toContain('ExecStart=/usr/bin/node main.js')
    },
  },
  {
    type: 'service.systemd.start',
    kind: 'change',
    payload: { name: 'gateway' },
    bad: { payload: { name: 'ikoma-runner' }, field: 'name' },
    machine: () => systemdMachine(),
    needs,
    expectDone: (machine) => expect(systemdOf(machine).running).toHaveProperty(['gateway.service']),
  },
  {
    type: 'service.systemd.stop',
    kind: 'change',
    payload: { name: 'gateway' },
    bad: { payload: { name: 'ssh' }, field: 'name' },
    machine: () => systemdMachine('gateway.service'),
    needs,
    expectDone: (machine) => expect(systemdOf(machine).running).toEqual({}),
  },
  {
    type: 'service.systemd.restart',
    kind: 'act',
    payload: { name: 'poll' },
    bad: { payload: { name: 'poll.service' }, field: 'name' },
    machine: () => systemdMachine('poll.timer'),
    needs,
    staysAfterStop: 'a job that was begun is not taken back',
    expectDone: (machine) => expect(systemdOf(machine).jobs).toContain('poll.service'),
  },
  {
    type: 'service.systemd.status',
    kind: 'look',
    payload: { name: 'gateway' },
    bad: { payload: { name: '-gateway' }, field: 'name' },
    machine: () => systemdMachine('gateway.service'),
    needs,
    expectDone(_, { output }) {
      expect(output).toMatchObject({ unit: 'gateway.service', managed: true, activeState: 'active', timer: null })
      expect(output).toMatchObject({ atBoot: 'enabled', activeSince: '2026-11-21T16:20:01Z', memoryBytes: null })
    },
  },
  {
    type: 'service.systemd.logs',
    kind: 'look',
    payload: { name: 'gateway', since: '2026-11-21T00:00:00Z' },
    bad: { payload: { name: 'gateway', since: 'yesterday' }, field: 'since' },
    machine: () => systemdMachine('gateway.service'),
    needs: ['journalctl'],
    expectDone: (_, { output }) =>
      expect(output).toEqual({
        lines: [
          { at: new Date(1795278001000).toISOString(), priority: 3, message: 'it failed' },
          { at: new Date(1795278002000).toISOString(), priority: 6, message: 'hi' },
        ],
        truncated: false,
      }),
  },
  {
    type: 'service.systemd.remove',
    kind: 'change',
    payload: { name: 'gateway' },
    bad: { payload: { name: '../gateway' }, field: 'name' },
    machine: () => systemdMachine('gateway.service'),
    needs,
    expectDone: (machine) => expectGone(machine, ['gateway.service']),
  },
  {
    type: 'timer.systemd.apply',
    kind: 'change',
    payload: timer,
    bad: { payload: { ...timer, schedule: { calendar: 'daily\nUnit=ssh.service' } }, field: 'schedule.calendar' },
    machine: () => systemdMachine('poll.timer'),
    needs: [...needs, 'systemd-analyze', 'id'],
    expectDone(machine) {
      expectRunning(machine, 'poll.timer')
      expect(writtenAs(machine, 'poll.timer')).toContain('OnUnitActiveSec=300')
      expect(writtenAs(machine, 'poll.service')).toContain('TOKEN="hunter2"')
    },
  },
  {
    type: 'timer.systemd.remove',
    kind: 'change',
    payload: { name: 'poll' },
    bad: { payload: { name: '' }, field: 'name' },
    machine: () => systemdMachine('poll.timer'),
    needs,
    expectDone: (machine) => expectGone(machine, ['poll.timer', 'poll.service']),
  },
]
