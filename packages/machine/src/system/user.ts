import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import {
  appMark,
  isAppAccount,
  isReservedAccount,
  lineFor,
  type NamedAccounts,
  nobodyNamed,
  refuseOthersGroups,
  refusePowerfulGroups,
} from '../safety/index.ts'
import { directory } from './directory.ts'

export interface WantedUser {
  name: string
  home: string
  shell: string
  /** Groups beside its own; others that it is in are left alone. */
  groups: readonly string[]
}

/** A system user with a group of its own name. One that somebody else made passes only when the policy names it, and is never changed. */
export function user({ name, home, shell, groups }: WantedUser, named: NamedAccounts = nobodyNamed): Desired {
  return async (host) => {
    refusePowerfulGroups(groups)
    const before = await findUser(host, name)
    const missing = groups.filter((group) => !before?.groups.includes(group))
    if (before && !(await isAppAccount(host, name, named))) throw notOurs(name, named)
    if (!before) refuseReserved(name, named)
    await refuseOthersGroups(host, missing, named)
    if (!before) {
      const supplementary = groups.length > 0 ? ['--groups', groups.join(',')] : []
      const options = [
        '--system',
        '--user-group',
        '--comment',
        appMark,
        '--no-create-home',
        '--home-dir',
        home,
        '--shell',
        shell,
      ]
      const created: Change = {
        title: `make the user ${name} (home ${home}, shell ${shell})`,
        diff: null,
        apply: (on) => mustRun(on, { argv: ['useradd', ...options, ...supplementary, '--', name] }),
        undo: (on) => mustRun(on, { argv: ['userdel', '--', name] }),
      }
      return [created]
    }
    const changes: Change[] = []
    if (before.home !== home || before.shell !== shell) {
      changes.push({
        title: `give ${name} the home ${home} and the shell ${shell}`,
        diff: `-${before.home} ${before.shell}\n+${home} ${shell}`,
        apply: (on) => mustRun(on, { argv: ['usermod', '--home', home, '--shell', shell, '--', name] }),
        undo: (on) => mustRun(on, { argv: ['usermod', '--home', before.home, '--shell', before.shell, '--', name] }),
      })
    }
    if (missing.length > 0) {
      changes.push({
        title: `add ${name} to ${missing.join(', ')}`,
        diff: null,
        apply: (on) => mustRun(on, { argv: ['usermod', '--append', '--groups', missing.join(','), '--', name] }),
        undo: async (on) => {
          for (const group of missing) await mustRun(on, { argv: ['gpasswd', '--delete', name, group] })
        },
      })
    }
    if (changes.length > 0 && before.comment !== appMark) throw notOurs(name, nobodyNamed)
    return changes
  }
}

/** A user's home, when nothing is there. useradd(8) would follow a link on the way, and make what is missing of it. */
export function userHome({ name, home }: Pick<WantedUser, 'name' | 'home'>): Desired {
  return async (host) => {
    if ((await host.look(home)) !== null) return []
    return directory({ path: home, owner: name, group: name, mode: 0o755 })(host)
  }
}

/** The account would be a service's once its package is installed. */
function refuseReserved(name: string, { accounts }: NamedAccounts): void {
  if (!isReservedAccount(name) || accounts.includes(name)) return
  const message = `${name} is the name of an account of the system or of a service. Choose another name for an app.`
  throw new AppError('unprocessable', message, { reason: 'reserved_account' })
}

function notOurs(name: string, named: NamedAccounts): AppError {
  return new AppError(
    'unprocessable',
    `There is a user ${name} that no order made for an app. Change it by hand, and name it in "appAccounts" of the policy.${lineFor(named, 'appAccounts', name)}`,
    {
      reason: 'user_not_ours',
    },
  )
}

async function findUser(host: Host, name: string) {
  const found = await host.run({ argv: ['getent', 'passwd', '--', name] })
  if (found.code !== 0) return null
  const [, , , , comment = '', home = '', shell = ''] = found.stdout.trim().split(':')
  const groups = await host.run({ argv: ['id', '--name', '--groups', '--', name] })
  return { comment, home, shell, groups: groups.stdout.trim().split(' ') }
}
