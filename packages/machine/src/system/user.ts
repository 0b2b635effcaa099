import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import { refusePowerfulGroups } from '../safety/index.ts'
import { directory } from './directory.ts'

export interface WantedUser {
  name: string
  home: string
  shell: string
  /** Groups beside its own; others that it is in are left alone. */
  groups: readonly string[]
}

/** The comment of the accounts that are ours to change. */
const mark = 'IKOMA'

/** A system user with a group of its own name. One that somebody else made is never changed. */
export function user({ name, home, shell, groups }: WantedUser): Desired {
  return async (host) => {
    refusePowerfulGroups(groups)
    const before = await findUser(host, name)
    if (!before) {
      const supplementary = groups.length > 0 ? ['--groups', groups.join(',')] : []
      const options = [
        '--system',
        '--user-group',
        '--comment',
        mark,
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
    const missing = groups.filter((group) => !before.groups.includes(group))
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
    if (changes.length > 0 && before.comment !== mark) throw notOurs(name)
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

function notOurs(name: string): AppError {
  return new AppError('unprocessable', `There is a user ${name} that IKOMA did not make. Change it by hand: usermod.`, {
    reason: 'user_not_ours',
  })
}

async function findUser(host: Host, name: string) {
  const found = await host.run({ argv: ['getent', 'passwd', '--', name] })
  if (found.code !== 0) return null
  const [, , , , comment = '', home = '', shell = ''] = found.stdout.trim().split(':')
  const groups = await host.run({ argv: ['id', '--name', '--groups', '--', name] })
  return { comment, home, shell, groups: groups.stdout.trim().split(' ') }
}
