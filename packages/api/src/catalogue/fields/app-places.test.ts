import { expect, test } from 'vitest'
import { system } from '../system.ts'

function accepts(payload: Record<string, unknown>): boolean {
  return system['system.directory.apply'].payload.safeParse(payload).success
}

test.each(['/usr/local/sbin', '/etc/cron.d', '/srv', '/opt', '/var/lib', '/home', '/root/app', '/var/log/app'])(
  'the folder %s of the system is given to nobody',
  (path) => {
    expect(accepts({ path, owner: 'app' })).toBe(false)
    expect(accepts({ path, group: 'app', mode: '775' })).toBe(false)
    expect(accepts({ path, mode: '757' })).toBe(false)
    expect(accepts({ path, group: 'app', mode: '750' })).toBe(true)
  },
)

test.each([
  '/var/lib/dpkg/info',
  '/var/lib/systemd',
  '/var/lib/docker/volumes',
  '/var/lib/ikoma',
  '/var/lib/ikoma/runner',
  '/var/lib/ikoma/executor/spent',
  '/var/lib/ikoma-acme',
  '/opt/ikoma/dist',
])('%s is no place of an app, though apps have theirs beside it', (path) => {
  expect(accepts({ path, owner: 'app' })).toBe(false)
})

test.each(['/srv/app', '/opt/app/data', '/home/app', '/var/lib/app', '/var/lib/dpkgs', '/var/www/app'])(
  '%s may be an app’s, and not the runner’s',
  (path) => {
    expect(accepts({ path, owner: 'app', group: 'app', mode: '770' })).toBe(true)
    expect(accepts({ path, owner: 'ikoma' })).toBe(false)
    expect(accepts({ path, group: 'ikoma', mode: '775' })).toBe(false)
  },
)

test('the runner has its folders below /var/lib/ikoma', () => {
  expect(accepts({ path: '/var/lib/ikoma/gateway', owner: 'ikoma', group: 'ikoma' })).toBe(true)
})

test.each([
  [{ name: 'app', home: '/srv/app' }, true],
  [{ name: 'app', home: '/usr/local/sbin' }, false],
  [{ name: 'app', home: '/var/lib/ikoma/runner' }, false],
  [{ name: 'ikoma', home: '/var/lib/ikoma/gateway' }, false],
  [{ name: 'root', home: '/srv/app' }, false],
])('the account %j may be made: %j', (payload, may) => {
  expect(system['system.user.apply'].payload.safeParse(payload).success).toBe(may)
})
