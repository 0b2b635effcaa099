import type { Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import type { NamedAccounts } from '../safety/index.ts'
import { noFile } from '../system/index.ts'
import { noSystemdService, systemdService } from '../systemd/index.ts'
import { clockGoes, clockOf, clockPath } from './clock.ts'
import { ecosystemPath } from './ecosystem-path.ts'
import { limitedMemory } from './memory.ts'
import {
  findPm2Processes,
  isPm2Up,
  listPm2,
  type Pm2Account,
  pm2,
  pm2Absent,
  pm2Account,
  pm2Home,
  pm2Unit,
  savedPm2,
  savePm2,
} from './pm2.ts'

export interface WantedPm2 {
  user: string
  readWritePaths: readonly string[]
  settleSec: number
}

/** PM2 of an account under systemd, now and at boot, with what was saved. Its processes are in the unit's sandbox. */
export function pm2Daemon({ user, readWritePaths, settleSec }: WantedPm2, named: NamedAccounts): Desired {
  return async (host) => {
    const account = await pm2Account(host, user, named)
    const wanted = systemdService(
      {
        name: nameOf(user),
        description: `PM2 of ${user}`,
        user,
        workingDirectory: account.home,
        home: account.home,
        execStart: [await findPm2(host), 'resurrect'],
        environment: { PM2_HOME: pm2Home(account), PM2_DISABLE_VERSION_CHECK: 'true' },
        readWritePaths: [account.home, ...readWritePaths],
        restart: 'always',
        pidFile: `${pm2Home(account)}/pm2.pid`,
        settleSec,
      },
      named,
    )
    return planFor(wanted, host)
  }
}

/** No PM2 for an account, and nothing that it would start again. What its processes wrote is left alone. */
export function noPm2(user: string, named: NamedAccounts): Desired {
  return async (host) => {
    const account = await pm2Account(host, user, named)
    const up = await isPm2Up(host, account)
    const limited = await limitedMemory(host, user, null)
    const left = up && [...(await listPm2(host, account)), ...(await savedPm2(host, account))].length > 0
    const rest = await planFor(
      [noSystemdService(nameOf(user)), noFile(clockPath(user)), noFile(ecosystemPath(user), { secret: true })],
      host,
    )
    return [...(left ? [forgotten(account)] : []), ...limited, ...rest]
  }
}

/** A process of PM2 that is stopped until somebody starts it, or PM2 itself is started anew. */
export function pm2Stopped({ user, name }: { user: string; name: string }, named: NamedAccounts): Desired {
  return async (host) => {
    const account = await pm2Account(host, user, named)
    const running = await findPm2Processes(host, account, name)
    // A clock that is only stopped is started by PM2 at the next time, and starts the process.
    const timed = (await listPm2(host, account)).some((each) => each.name === clockOf(name))
    const up = running.some(({ status }) => status !== 'stopped')
    if (!up && !timed) return []
    return [
      {
        title: `stop ${name}`,
        diff: null,
        async apply(on) {
          if (timed) await pm2(on, account, ['delete', clockOf(name)])
          if (up) await pm2(on, account, ['stop', name])
        },
        async undo(on) {
          if (up) await pm2(on, account, ['restart', name])
          if (timed) await clockGoes(on, account, name)
        },
      },
    ]
  }
}

const nameOf = (user: string) => pm2Unit(user).replace(/\.service$/, '')

function forgotten(account: Pm2Account): Change {
  return {
    title: `end the processes of ${account.user}`,
    diff: null,
    async apply(host) {
      await pm2(host, account, ['delete', 'all'])
      await savePm2(host, account)
    },
    async undo(host) {
      const path = ecosystemPath(account.user)
      if (await host.look(path)) await pm2(host, account, ['start', path])
      await savePm2(host, account)
    },
  }
}

/** The path of pm2, where npm installs it for everybody. */
async function findPm2(host: Host): Promise<string> {
  for (const path of ['/usr/bin/pm2', '/usr/local/bin/pm2']) if (await host.look(path)) return path
  throw pm2Absent()
}
