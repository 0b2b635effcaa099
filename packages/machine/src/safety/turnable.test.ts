import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { refuseForeignFolders } from './own-folders.ts'
import { refuseTurnable } from './turnable.ts'

const byRoot = { mode: 0o755, owner: 'root', group: 'root' }
const byApp = { mode: 0o755, owner: 'app', group: 'app' }

/** Who may exchange what lies in a folder, and what each of the two rules makes of that for root and for the app. */
test.each([
  ['root’s', byRoot, { root: true, app: true }],
  ['root’s, of a group that only reads', { ...byRoot, group: 'app' }, { root: true, app: true }],
  ['root’s, where root’s group writes', { ...byRoot, mode: 0o775 }, { root: true, app: true }],
  ['root’s, where a group writes', { ...byRoot, mode: 0o775, group: 'other' }, { root: false, app: false }],
  ['root’s, where everybody writes', { ...byRoot, mode: 0o777 }, { root: false, app: false }],
  ['root’s, where everybody adds', { ...byRoot, mode: 0o1777 }, { root: true, app: true }],
  ['the app’s', byApp, { root: false, app: true }],
  ['the app’s, where its group writes', { ...byApp, mode: 0o775 }, { root: false, app: false }],
  ['the app’s, where everybody adds', { ...byApp, mode: 0o1777 }, { root: false, app: true }],
  ['another’s', { ...byApp, owner: 'other' }, { root: false, app: false }],
])('a folder that is %s', async (_, access, passes) => {
  for (const self of ['root', 'app'] as const) {
    for (const path of ['/srv/x/file', '/srv/x/y/file']) {
      const machine = new SimulatedHost()
      machine.putDirectory('/srv', byRoot)
      machine.putDirectory('/srv/x', access)
      if (path.includes('y')) machine.putDirectory('/srv/x/y', byRoot)
      machine.put(path, '', byRoot)
      for (const rule of [refuseTurnable, refuseForeignFolders]) {
        const said = await rule(machine, path, self).then(
          () => true,
          ({ reason }: { reason: string }) => reason,
        )
        expect(said).toBe(passes[self] || 'unsafe_path')
      }
    }
  }
})

test('a group of the account’s own name is the account, where that is asked for', async () => {
  const machine = new SimulatedHost()
  machine.putDirectory('/srv', byRoot)
  machine.putDirectory('/srv/x', { ...byApp, mode: 0o2775 })
  const looked = (self: string, ownGroup: boolean) => refuseForeignFolders(machine, '/srv/x/file', self, { ownGroup })
  expect(await looked('app', true)).toBeUndefined()
  await expect(looked('app', false)).rejects.toMatchObject({ reason: 'unsafe_path' })
  await expect(looked('other', true)).rejects.toMatchObject({ reason: 'unsafe_path' })
})

test('links are followed as far as they are root’s, in folders of root', async () => {
  const machine = new SimulatedHost()
  machine.put('/etc/letsencrypt/archive/app/key1', '', byRoot)
  machine.putLink('/etc/letsencrypt/live/app/key', '../../archive/app/key1')
  expect(await refuseTurnable(machine, '/etc/letsencrypt/live/app/key', 'root')).toBeUndefined()
  machine.putDirectory('/srv', byRoot)
  machine.putDirectory('/srv/app', byApp)
  machine.put('/srv/app/key', '', byApp)
  for (const target of ['/srv/app/key', '../../../../srv/app/key', '/srv/app']) {
    machine.putLink('/etc/letsencrypt/live/app/other', target)
    const path = `/etc/letsencrypt/live/app/other${target === '/srv/app' ? '/key' : ''}`
    const said = await refuseTurnable(machine, path, 'root').catch((error: Error) => error.message)
    expect(said).toContain(': /srv/app is not')
  }
  machine.putLink('/etc/loop', 'loop')
  await expect(refuseTurnable(machine, '/etc/loop', 'root')).rejects.toMatchObject({ reason: 'unsafe_path' })
  expect(await refuseTurnable(machine, '/etc/none/file', 'root')).toBeUndefined()
})
