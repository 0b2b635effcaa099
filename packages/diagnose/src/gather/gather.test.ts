import type { Host } from '@ikoma/machine'
import { pm2Listens } from '@ikoma/machine/testing/pm2-tools'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { files, now, running, setup, systemd } from '../testing/machine-with-app.ts'
import { Look } from './look.ts'

describe('a unit', () => {
  test('is read with what it runs as, and whether an order made it', async () => {
    const { evidence } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(running) })
    expect(evidence).toMatchObject({
      unit: {
        ...{ load: 'loaded', active: 'active', sub: 'running', restarts: 0, upSec: 3600, user: 'gateway' },
        environmentFiles: ['/etc/systemd/system/gateway.service.env'],
      },
      managedUnits: ['gateway.service'],
      services: { 'caddy.service': 'active', 'postgresql.service': 'failed' },
      migrations: 'drizzle',
      memory: { availableBytes: 2_048_000_000, swapBytes: 0 },
    })
  })

  test('of root, that is not running, is up for no time', async () => {
    const state = 'LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=203\nUser=\n'
    const { evidence, found } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(state) })
    expect(evidence.unit).toMatchObject({ user: 'root', upSec: null, exitStatus: 203, environmentFiles: [] })
    expect(found).toEqual(['program_missing', 'unit_failed'])
  })
})

describe('PM2', () => {
  const jlist = (status: string) =>
    `>>>> In-memory PM2 is out-of-date\n[${JSON.stringify({
      name: 'keybuzz-backend',
      pm2_env: {
        ...{ status, restart_time: 15, pm_uptime: now - 1000, pm_err_log_path: '/home/kb/.pm2/logs/err.log' },
        env: { JWT_SECRET: 'jwt-s3cr3t' },
      },
    })}]`
  const socket = { '/home/kb/.pm2/rpc.sock': '' }
  const home = { ...socket, ...pm2Listens('/home/kb'), '/home/kb/.pm2/logs/err.log': '' }
  const tools = (status: string): Record<string, Tool> => ({
    getent: () => ({ stdout: 'kb:x:1001:1001::/home/kb:/bin/bash\n' }),
    runuser: ({ args }) => ({
      stdout: args.includes('tail')
        ? 'Error: bad key jwt-s3cr3t\nerror: Environment variable not found: DATABASE_URL.\n'
        : jlist(status),
    }),
  })

  test('is asked as its user, and its environment is only used to hide it', async () => {
    const { evidence, host, found } = await setup(
      { pm2Name: 'keybuzz-backend', pm2User: 'kb' },
      { files: home, tools: tools('errored') },
    )
    expect(evidence.pm2).toMatchObject({ status: 'errored', restarts: 15, upSec: null, leftOut: null })
    expect(evidence.logs[1]).toMatchObject({ source: 'pm2 keybuzz-backend', text: 'Error: bad key [REDACTED]' })
    const asked = host.ran.find((argv) => argv.includes('jlist'))
    expect(asked?.slice(0, 6)).toEqual(['runuser', '-u', 'kb', '--', 'env', '-i'])
    expect(asked).toEqual(expect.arrayContaining(['HOME=/home/kb', 'PM2_HOME=/home/kb/.pm2']))
    expect(asked?.slice(-2)).toEqual(['pm2', 'jlist'])
    const read = host.ran.find((argv) => argv.includes('/home/kb/.pm2/logs/err.log'))
    expect(read?.slice(0, 4)).toEqual(['runuser', '-u', 'kb', '--'])
    expect(found).toEqual(['environment_missing', 'pm2_errored'])
  })

  test('is not asked while it does not run, for that would start it', async () => {
    // One that was killed leaves its socket behind, and another account's listens.
    for (const files of [{}, socket, { ...socket, ...pm2Listens('/home/kb2') }]) {
      const { evidence, host } = await setup(
        { pm2Name: 'keybuzz-backend', pm2User: 'kb' },
        { files, tools: tools('online') },
      )
      expect(evidence.pm2?.status).toBeNull()
      expect(host.ran.map(([name]) => name)).not.toContain('runuser')
    }
  })
})

test('a machine without any tool is looked at all the same, and says what was not seen', async () => {
  const everything = {
    ...{ unit: 'gateway.service', port: 8080, domain: 'a.test', url: 'https://a.test/', sqlitePath: '/srv/a/a.db' },
    ...{ composeFile: '/srv/a/compose.yml', pm2Name: 'a' },
  }
  const { evidence } = await setup(everything, {})
  const whys = evidence.notLookedAt.map(({ why }) => why)
  for (const tool of ['systemctl', 'journalctl', 'ss', 'df', 'docker', 'getent', 'ufw', 'timedatectl']) {
    expect(whys).toContain(`${tool} is not installed on this server.`)
  }
})

test('what a tool says when it refuses is told, in one line', async () => {
  const systemctl: Tool = () => ({
    code: 1,
    stderr: 'System has not been booted with systemd as init system (PID 1).\nmore\n',
  })
  const { evidence } = await setup({ unit: 'gateway.service' }, { tools: { systemctl } })
  expect(evidence.notLookedAt).toContainEqual({
    what: 'gateway.service',
    why: 'systemctl failed with 1: System has not been booted with systemd as init system (PID 1).',
  })
})

test('each program is ended in time, whatever its reader would wait, and nothing can be changed', async () => {
  const asked: (number | undefined)[] = []
  const host: Host = new SimulatedHost({ files: { '/etc/hosts': '' } })
  const run = host.run.bind(host)
  host.run = (program) => {
    asked.push(program.timeoutSec)
    return run(program)
  }
  const { host: seen } = new Look(host)
  for (const bound of [{}, { timeoutSec: 5 }, { timeoutSec: 600 }]) {
    await expect(seen.run({ argv: ['df'], ...bound })).rejects.toThrow('not installed')
  }
  expect(asked).toEqual([15, 5, 15])
  await expect(seen.remove('/etc/hosts')).rejects.toThrow('Diagnosis changes nothing')
  expect(await seen.read('/etc/hosts')).toBe('')
})
