import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { isAppAccount, nobodyNamed, refuseOthersAccount, refuseOthersGroups } from './app-accounts.ts'

/** A server on which getent and id answer by this passwd(5) line, and by the group of that number. */
function serverWith(line: string | null, group = line?.split(':')[0] ?? ''): SimulatedHost {
  return new SimulatedHost({
    tools: {
      getent: () => (line === null ? { code: 2 } : { stdout: `${line}\n` }),
      id: ({ args }) => ({ stdout: `${args.includes('--user') ? line?.split(':')[2] : group}\n` }),
    },
  })
}

const table: [what: string, user: string, line: string | null, isApp: boolean][] = [
  ['one that an order made', 'app', 'app:x:998:998:IKOMA:/srv/app:/usr/sbin/nologin', true],
  ['one that an order made with a shell', 'app', 'app:x:101:101:IKOMA:/srv/app:/bin/bash', true],
  ['a person', 'app', 'app:x:1000:1000:App,,,:/home/app:/bin/bash', false],
  ['a person who changed the comment', 'app', 'app:x:1000:1000:IKOMA:/home/app:/bin/bash', false],
  ['one with more in the comment, which chfn(1) writes', 'app', 'app:x:998:998:IKOMA,,,:/srv/app:/bin/sh', false],
  ['one with a comment of another case', 'app', 'app:x:998:998:ikoma:/srv/app:/bin/sh', false],
  ['a service', 'grafana-x', 'grafana-x:x:120:125::/usr/share/grafana:/bin/false', false],
  ['root under another name', 'app', 'app:x:0:0:IKOMA:/root:/bin/bash', false],
  ['one without a number', 'app', 'app:x::998:IKOMA:/srv/app:/bin/sh', false],
  ['one with a number in another form', 'app', 'app:x:0x10:998:IKOMA:/srv/app:/bin/sh', false],
  ['one that was found by its number', '_998', 'app:x:998:998:IKOMA:/srv/app:/bin/sh', false],
  ['one that is not there', 'app', null, false],
  ['a service made under the mark', 'postgres', 'postgres:x:998:998:IKOMA:/var/lib/postgresql:/bin/bash', false],
  ['the runner', 'ikoma', 'ikoma:x:998:998:IKOMA:/var/lib/ikoma:/usr/sbin/nologin', false],
]

test.each(table)('%s, as the account of an app (%s, %s): %s', async (_, user, line, isApp) => {
  expect(await isAppAccount(serverWith(line), user, nobodyNamed)).toBe(isApp)
  const looked = refuseOthersAccount(serverWith(line), user, nobodyNamed)
  if (isApp) return expect(await looked).toBeUndefined()
  await expect(looked).rejects.toMatchObject({
    reason: 'not_an_apps_account',
    message: expect.stringContaining('"appAccounts"'),
  })
  expect(await isAppAccount(serverWith(line), user, { accounts: [user], groups: [] })).toBe(true)
})

test('a group is an app’s when it is the own one of the account of its name, or the policy names it', async () => {
  const app = 'app:x:998:998:IKOMA:/srv/app:/usr/sbin/nologin'
  expect(await refuseOthersGroups(serverWith(app), ['app'], nobodyNamed)).toBeUndefined()
  const refused = { reason: 'not_an_apps_group', message: expect.stringContaining('"appGroups"') }
  // The account's own group is another one: this group may be anybody's.
  await expect(refuseOthersGroups(serverWith(app, 'www-data'), ['app'], nobodyNamed)).rejects.toMatchObject(refused)
  await expect(refuseOthersGroups(serverWith(null), ['ssl-cert'], nobodyNamed)).rejects.toMatchObject(refused)
  const named = { accounts: ['deploy'], groups: ['ssl-cert'] }
  expect(await refuseOthersGroups(serverWith(null), ['ssl-cert'], named)).toBeUndefined()
  const deploy = 'deploy:x:1001:1001::/home/deploy:/bin/bash'
  expect(await refuseOthersGroups(serverWith(deploy), ['deploy'], named)).toBeUndefined()
})
