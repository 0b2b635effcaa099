import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { ownerOfDatabase } from './sqlite.ts'

const access = (owner: string, mode = 0o755, group = owner) => ({ owner, mode, group })

test.each([
  ['the app’s, in its folder', access('app'), 'app', 'app'],
  ['the app’s, where its own group writes', access('app', 0o2775), 'app', 'app'],
  ['the app’s, in a folder of root', access('root'), 'app', 'app'],
  ['root’s, in a folder of root', access('root'), 'root', 'root'],
  ['root’s, in the folder of an app, which could put a log of its own beside it', access('app'), 'root', null],
  ['another’s, in the folder of an app, which could have it lead there', access('app'), 'other', null],
  ['the app’s, where another group writes', access('app', 0o775, 'team'), 'app', null],
  ['the app’s, where everybody writes', access('app', 0o777), 'app', null],
])('a database that is %s', async (_, folder, owner, opened) => {
  const machine = new SimulatedHost()
  machine.putDirectory('/srv', access('root'))
  machine.putDirectory('/srv/app', folder)
  machine.put('/srv/app/app.db', '', access(owner, 0o600))
  const looked = ownerOfDatabase(machine, '/srv/app/app.db')
  if (opened !== null) return expect(await looked).toBe(opened)
  await expect(looked).rejects.toMatchObject({ reason: 'unsafe_path' })
})

test('no database behind a link is anybody’s', async () => {
  const machine = new SimulatedHost()
  machine.put('/srv/other/app.db', '', access('other', 0o600))
  machine.putLink('/srv/app', '/srv/other')
  machine.putLink('/srv/file.db', '/srv/other/app.db')
  await expect(ownerOfDatabase(machine, '/srv/file.db')).rejects.toMatchObject({ reason: 'no_such_database' })
})
