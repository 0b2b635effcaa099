import { expect, test } from 'vitest'
import { accountTools } from '../testing/account-tools.ts'
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

const other = { home: '/var/lib/app', shell: '/bin/bash', groups: ['other'] }

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

test('one that is as wanted already passes only when the policy names it, and one of ours is changed', async () => {
  const somebody = () => withUser('app:x:33:33:app:/var/lib/app:/usr/sbin/nologin', 'app www-data')
  await expect(user(wanted)(somebody())).rejects.toMatchObject({ reason: 'user_not_ours' })
  expect(await user(wanted, { accounts: ['app'], groups: [] })(somebody())).toEqual([])
  const ours = withUser('app:x:998:998:IKOMA:/var/lib/app:/usr/sbin/nologin', 'app')
  expect(await user(wanted, { accounts: [], groups: ['www-data'] })(ours)).toMatchObject([
    { title: 'add app to www-data' },
  ])
})

test.each(['www-data', 'ssl-cert', 'caddy', 'postgres', 'other'])(
  'the group %s, which is no app’s own, is given to nobody unless the policy names it',
  async (group) => {
    const machine = new SimulatedHost({ tools: accountTools, state: { users: { other: { ...other } } } })
    const making = user({ ...wanted, groups: [group] })
    await expect(making(machine)).rejects.toMatchObject({ reason: 'not_an_apps_group' })
    const known = withUser('app:x:998:998:IKOMA:/var/lib/app:/usr/sbin/nologin', 'app')
    known.install('getent', ({ args }) =>
      args.at(-1) === 'app' ? { stdout: 'app:x:998:998:IKOMA:/var/lib/app:/usr/sbin/nologin\n' } : { code: 2 },
    )
    await expect(making(known)).rejects.toMatchObject({ reason: 'not_an_apps_group' })
    const named = user({ ...wanted, groups: [group] }, { accounts: [], groups: [group] })
    expect(await named(machine)).toHaveLength(1)
  },
)

test('what an earlier order added an account to stays as it is', async () => {
  const ours = withUser('app:x:998:998:IKOMA:/var/lib/app:/usr/sbin/nologin', 'app www-data')
  expect(await user(wanted)(ours)).toEqual([])
})

test.each(['postgres', 'caddy', 'redis', '_apt', '_chrony', 'systemd-network', 'docker', 'ssl-cert', 'shadow', 'adm'])(
  'no app is made under the name %s, which would be the service’s once that is installed',
  async (name) => {
    const machine = new SimulatedHost({ tools: accountTools, state: { users: {} } })
    const making = user({ ...wanted, name, groups: [] })
    await expect(making(machine)).rejects.toMatchObject({ reason: 'reserved_account' })
    expect(machine.ran.map(([program]) => program)).not.toContain('useradd')
    const marked = withUser(`${name}:x:998:998:IKOMA:/var/lib/app:/usr/sbin/nologin`, name)
    await expect(making(marked)).rejects.toMatchObject({ reason: 'user_not_ours' })
  },
)

test('a home that is there is left to whom it belongs', async () => {
  const machine = new SimulatedHost()
  expect(await userHome(wanted)(machine)).toMatchObject([{ title: 'make the directory /var/lib/app (app:app 755)' }])
  machine.putDirectory('/var/lib/app', { owner: 'other', group: 'other', mode: 0o700 })
  expect(await userHome(wanted)(machine)).toEqual([])
})
