import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { user, userHome } from './user.ts'

test.each(['sudo', 'docker', 'root', 'disk', 'staff', 'incus-admin', 'ikoma'])(
  'nobody is made as good as root through the group %s',
  async (group) => {
    const machine = new SimulatedHost({ tools: { getent: () => ({ code: 2 }) } })
    const wanted = user({ name: 'app', home: '/var/lib/app', shell: '/bin/bash', groups: ['www-data', group] })
    await expect(wanted(machine)).rejects.toMatchObject({ reason: 'powerful_group' })
    expect(machine.ran).toEqual([])
  },
)

const wanted = { name: 'app', home: '/var/lib/app', shell: '/usr/sbin/nologin', groups: ['www-data'] }

function withUser(line: string, groups: string): SimulatedHost {
  return new SimulatedHost({
    tools: { getent: () => ({ stdout: `${line}\n` }), id: () => ({ stdout: `${groups}\n` }) },
  })
}

test.each([
  ['a person', 'app:x:1000:1000:App:/home/app:/bin/bash', 'app www-data'],
  ['an account of the system', 'app:x:33:33:app:/var/lib/app:/usr/sbin/nologin', 'app'],
])('%s is not changed', async (_, line, groups) => {
  await expect(user(wanted)(withUser(line, groups))).rejects.toMatchObject({ reason: 'user_not_ours' })
})

test('one that is as wanted already may be anybody’s, and one of ours is changed', async () => {
  expect(await user(wanted)(withUser('app:x:33:33:app:/var/lib/app:/usr/sbin/nologin', 'app www-data'))).toEqual([])
  const ours = withUser('app:x:998:998:IKOMA:/var/lib/app:/usr/sbin/nologin', 'app')
  expect(await user(wanted)(ours)).toMatchObject([{ title: 'add app to www-data' }])
})

test('a home that is there is left to whom it belongs', async () => {
  const machine = new SimulatedHost()
  expect(await userHome(wanted)(machine)).toMatchObject([{ title: 'make the directory /var/lib/app (app:app 755)' }])
  machine.putDirectory('/var/lib/app', { owner: 'other', group: 'other', mode: 0o700 })
  expect(await userHome(wanted)(machine)).toEqual([])
})
