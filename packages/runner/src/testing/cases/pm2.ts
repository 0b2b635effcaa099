import { accountTools } from '@ikoma/machine/testing/account-tools'
import { dumpOf, pm2Listens, pm2Of, pm2Sleeps, pm2Tools, type SimulatedProcess } from '@ikoma/machine/testing/pm2-tools'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { noUnitRuns, systemdOf, systemdTools } from '@ikoma/machine/testing/systemd-tools'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const web = { name: 'web', script: '/srv/app/main.js', workingDirectory: '/srv/app', environment: { TOKEN: 'hunter2' } }
const unit = 'pm2-app.service'
const unitText = '# Written by IKOMA for a service. What is changed here is lost with its next order.\n'
const users = { app: { comment: 'IKOMA', home: '/srv/app', shell: '/usr/sbin/nologin', groups: ['app'] } }
const former: SimulatedProcess = { name: 'web', revision: 'former', status: 'online', restarts: 0 }

interface Pm2Machine {
  up?: boolean
  processes?: SimulatedProcess[]
  saved?: SimulatedProcess[]
}

const sleep: Tool = (call) => {
  pm2Sleeps(call.machine)
  return {}
}

/** PM2 of the account `app`, running where `up`. */
export function pm2Machine({ up = true, processes = [], saved = processes }: Pm2Machine = {}): SimulatedHost {
  const config = { apps: processes.map(({ name, revision }) => ({ name, env: { IKOMA_REVISION: revision } })) }
  const files = {
    '/usr/bin/pm2': '',
    '/run/utmp': '',
    '/srv/app/.pm2/dump.pm2': dumpOf(saved),
    '/etc/systemd/system/local.target': '',
    ...(up ? { [`/etc/systemd/system/${unit}`]: unitText, ...pm2Listens('/srv/app') } : {}),
    ...(processes.length > 0 ? { '/etc/pm2/app.config.cjs': `module.exports = ${JSON.stringify(config)}\n` } : {}),
  }
  const tools = { ...accountTools, ...systemdTools, ...pm2Tools, sleep }
  const machine = new SimulatedHost({ files, tools, state: { users, systemd: noUnitRuns, pm2: processes } })
  if (up) {
    systemdOf(machine).running[unit] = { loaded: unitText, runs: unitText, restarts: 0 }
    systemdOf(machine).enabled.push(unit)
  }
  return machine
}

const needs = ['systemctl', 'runuser', 'id', 'getent']
const bad = { payload: { user: 'root' }, field: 'user' }

export const pm2Cases: OrderTypeCase[] = [
  {
    type: 'service.pm2.startup',
    kind: 'change',
    payload: { user: 'app' },
    bad,
    machine: () => pm2Machine({ up: false }),
    needs: ['systemctl', 'systemd-analyze', 'id', 'getent'],
    expectDone(machine) {
      const { running, enabled } = systemdOf(machine)
      expect(running[unit]?.runs).toContain('ExecStart=/usr/bin/pm2 resurrect\n')
      expect(enabled).toEqual([unit])
    },
  },
  {
    type: 'service.pm2.apply',
    kind: 'change',
    payload: { user: 'app', processes: [web] },
    bad: { payload: { user: 'app', processes: [{ ...web, script: 'main.js' }] }, field: 'processes.0.script' },
    machine: () => pm2Machine(),
    needs,
    expectDone(machine) {
      expect(pm2Of(machine)).toMatchObject([{ name: 'web', status: 'online' }])
      expect(machine.contentOf('/srv/app/.pm2/dump.pm2')).toBe(dumpOf(pm2Of(machine)))
    },
  },
  {
    type: 'service.pm2.restart',
    kind: 'act',
    payload: { user: 'app', name: 'web' },
    bad: { payload: { user: 'app', name: '--all' }, field: 'name' },
    machine: () => pm2Machine({ processes: [{ ...former, status: 'stopped' }] }),
    needs,
    staysAfterStop: 'a process that was restarted runs',
    expectDone: (machine) => expect(pm2Of(machine)).toMatchObject([{ status: 'online' }]),
  },
  {
    type: 'service.pm2.stop',
    kind: 'change',
    payload: { user: 'app', name: 'web' },
    bad: { payload: { user: 'app', name: '' }, field: 'name' },
    machine: () => pm2Machine({ processes: [former] }),
    needs,
    expectDone: (machine) => expect(pm2Of(machine)).toMatchObject([{ status: 'stopped' }]),
  },
  {
    type: 'service.pm2.status',
    kind: 'look',
    payload: { user: 'app' },
    bad,
    machine: () => pm2Machine({ processes: [former] }),
    needs,
    expectDone: (_, { output }) =>
      expect(output).toEqual({
        processes: [
          {
            ...{ name: 'web', status: 'online', pid: 77, restarts: 0, cpuPercent: 1.5, memoryBytes: 4096 },
            ...{ startedAt: new Date(1_795_278_001_000).toISOString(), leftOut: null },
          },
        ],
      }),
  },
  {
    type: 'service.pm2.logs',
    kind: 'look',
    payload: { user: 'app', name: 'web', lines: 1 },
    bad: { payload: { user: 'app', name: 'web', lines: 0 }, field: 'lines' },
    machine: () => pm2Machine({ processes: [former] }),
    needs,
    expectDone: (_, { output }) => expect(output).toEqual({ out: ['two'], error: ['two'] }),
  },
  {
    type: 'service.pm2.save',
    kind: 'change',
    payload: { user: 'app' },
    bad,
    machine: () => pm2Machine({ processes: [former], saved: [] }),
    needs,
    expectDone: (machine) => expect(machine.contentOf('/srv/app/.pm2/dump.pm2')).toBe(dumpOf([former])),
  },
  {
    type: 'service.pm2.remove',
    kind: 'change',
    payload: { user: 'app' },
    bad,
    machine: () => pm2Machine({ processes: [former] }),
    needs,
    expectDone(machine) {
      expect(systemdOf(machine)).toMatchObject({ running: {}, enabled: [] })
      expect(machine.contentOf('/etc/pm2/app.config.cjs')).toBeNull()
      expect(machine.contentOf('/srv/app/.pm2/dump.pm2')).toBe('[]')
    },
  },
]
