import { type Desired, type Host, mustRun, user } from '@ikoma/deploy'
import { AppError } from '@ikoma/kernel'
import * as places from './places.ts'

const wanted = { name: places.user, home: places.home, shell: '/usr/sbin/nologin', groups: [] }

/** Groups whose members can become root: the split would protect nothing. */
const asGoodAsRoot = ['root', 'sudo', 'wheel', 'docker', 'lxd', 'disk', 'shadow']

/** The user that the runner runs as. One that is there, as the first source document makes it by hand, is left as it is. */
export const runnerUser: Desired = async (host) => {
  if ((await homeOf(host)) === null) return user(wanted)(host)
  const { stdout } = await host.run({ argv: ['id', '--name', '--groups', '--', places.user] })
  const groups = stdout.trim().split(' ')
  const mighty = groups.find((group) => asGoodAsRoot.includes(group))
  if (mighty !== undefined) {
    const way = `Take it out: gpasswd --delete ${places.user} ${mighty}`
    throw refused(`The user ${places.user} is in the group ${mighty}, whose members can become root. ${way}`)
  }
  if (!groups.includes(places.user)) {
    throw refused(
      `The user ${places.user} is in no group ${places.user}. Make it: groupadd --users ${places.user} ${places.user}`,
    )
  }
  return []
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

function refused(message: string): AppError {
  return new AppError('unprocessable', message, { reason: 'unfit_user' })
}
