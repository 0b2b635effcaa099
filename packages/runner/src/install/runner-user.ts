import { AppError } from '@ikoma/kernel'
import { type Desired, type Host, mustRun } from '@ikoma/machine'
import { refusePowerfulUser } from '@ikoma/machine/safety'
import { user } from '@ikoma/machine/system'
import * as places from './places.ts'

const wanted = { name: places.user, home: places.home, shell: '/usr/sbin/nologin', groups: [] }

/**
 * The user that the runner runs as. One that is there, as the first source document makes it by hand, is left as it is;
 * with one that can become root, the split would protect nothing.
 */
export const runnerUser: Desired = async (host) => {
  if ((await homeOf(host)) === null) return user(wanted, { accounts: [places.user], groups: [] })(host)
  await refusePowerfulUser(host, places.user)
  const { stdout } = await host.run({ argv: ['id', '--name', '--groups', '--', places.user] })
  if (stdout.trim().split(' ').includes(places.user)) return []
  const way = `Make it: groupadd --users ${places.user} ${places.user}`
  throw new AppError('unprocessable', `The user ${places.user} is in no group of that name. ${way}`, {
    reason: 'no_such_group',
  })
}

/** No such user, when it is the one that was made here; another of this name is left alone. */
export const noRunnerUser: Desired = async (host) => {
  if ((await homeOf(host)) !== places.home) return []
  const apply = (on: Host) => mustRun(on, { argv: ['userdel', '--', places.user] })
  return [{ title: `remove the user ${places.user}`, diff: null, apply, undo: null }]
}

async function homeOf(host: Host): Promise<string | null> {
  const { code, stdout } = await host.run({ argv: ['getent', 'passwd', '--', places.user] })
  return code === 0 ? (stdout.trim().split(':')[5] ?? '') : null
}
