import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { activeStates } from './systemctl.ts'
import { unitSetup } from './unit-setup.ts'

const showing = (...lines: string[]) =>
  new SimulatedHost({
    files: { '/proc/uptime': '10600.25 20000.00\n' },
    tools: { systemctl: () => ({ stdout: `${lines.join('\n')}\n` }) },
  })

test('a unit is told with what it runs as, whoever made it', async () => {
  const host = showing(
    ...['LoadState=loaded', 'ActiveState=active', 'ActiveEnterTimestampMonotonic=7000000000', 'ExecMainStatus=0'],
    ...['User=app', 'WorkingDirectory=!/srv/app', 'EnvironmentFiles=/srv/app/.env (ignore_errors=yes)'],
    ...['EnvironmentFiles=/etc/app env (ignore_errors=no)', 'Environment=A=1 "B=a \\"b\\" \\$c'],
    ...['LoadState=not-found" C=d=e'],
  )
  expect(await unitSetup(host, 'app@one.service')).toMatchObject({
    ...{ loadState: 'loaded', activeState: 'active', exitCode: 0, upSec: 3600 },
    ...{ user: 'app', workingDirectory: '/srv/app', environmentFiles: ['/srv/app/.env', '/etc/app env'] },
    environment: { A: '1', B: 'a "b" $c\nLoadState=not-found', C: 'd=e' },
  })
  expect(host.ran[0]?.slice(-2)).toEqual(['--', 'app@one.service'])
})

test('a unit that is down is up for no time, and root where it names nobody', async () => {
  const host = showing('LoadState=loaded', 'ActiveState=failed', 'ActiveEnterTimestampMonotonic=7000000000', 'User=')
  expect(await unitSetup(host, 'app.service')).toMatchObject({ upSec: null, user: 'root', environment: {} })
})

test('states are told of the units that are installed', async () => {
  const host = showing(
    ...['LoadState=loaded', 'ActiveState=active', 'Id=caddy.service', ''],
    ...['LoadState=not-found', 'ActiveState=inactive', 'Id=nginx.service', ''],
    ...['LoadState=loaded', 'ActiveState=failed', 'Id=postgresql.service'],
  )
  const states = await activeStates(host, ['caddy.service', 'nginx.service', 'postgresql.service'])
  expect(states).toEqual({ 'caddy.service': 'active', 'postgresql.service': 'failed' })
})

test('a pattern of environment files is the files that it matches, in their order', async () => {
  const files = [
    '/etc/app/b.env',
    '/etc/app/a.env',
    '/etc/app/.hidden.env',
    '/etc/app/other',
    '/srv/x/v1/.env',
    '/srv/x/v2/.env',
  ]
  const host = (pattern: string) => {
    const machine = showing('LoadState=loaded', `EnvironmentFiles=${pattern} (ignore_errors=yes)`)
    for (const path of [...files, '/etc/app/lone*.env']) machine.put(path, '')
    return machine
  }
  const matched = async (pattern: string) => (await unitSetup(host(pattern), 'app.service')).environmentFiles
  expect(await matched('/etc/app/[ab].env')).toEqual(['/etc/app/a.env', '/etc/app/b.env'])
  expect(await matched('/srv/*/v?/.env')).toEqual(['/srv/x/v1/.env', '/srv/x/v2/.env'])
  expect(await matched('/etc/app/.*.env')).toEqual(['/etc/app/.hidden.env'])
  expect(await matched('/etc/app/lone\\*.env')).toEqual(['/etc/app/lone*.env'])
  for (const none of ['/etc/app/*.conf', '/etc/none/*.env']) expect(await matched(none)).toEqual([none])
})
