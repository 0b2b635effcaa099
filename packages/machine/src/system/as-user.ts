import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'

/**
 * A command line under another account, with nothing of our rights left: what belongs to an app is opened with the app's
 * own rights, for it may be a link to what it could not read. setpriv(1) is on every Debian.
 */
export async function asUser(
  host: Host,
  { user, self, argv }: { user: string; self: string; argv: readonly [string, ...string[]] },
): Promise<readonly [string, ...string[]]> {
  if (user === self) return argv
  const group = (await outputOf(host, { argv: ['id', '--group', '--name', '--', user] })).trim()
  const identity = [`--reuid=${user}`, `--regid=${group}`, '--init-groups']
  return ['setpriv', ...identity, '--inh-caps=-all', '--no-new-privs', '--', ...argv]
}
