import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const programs = ['patroni', 'etcd', 'haproxy', 'pgbouncer', 'psql', 'ip', 'setpriv', 'unshare']
// The tools of servers are not on everybody's PATH.
export const path = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter)

/** The newest PostgreSQL that is installed, by its number. */
export const postgresVersion = ['18', '17', '16', '15'].find((version) =>
  existsSync(`/usr/lib/postgresql/${version}/bin/initdb`),
)

/** Why no failover can be shown on this machine, or null. */
export function whyNoFailover(): string | null {
  if (process.getuid?.() !== 0) return 'it takes root'
  const missing = programs.filter((name) => !path.split(delimiter).some((folder) => existsSync(join(folder, name))))
  if (postgresVersion === undefined) missing.push('postgresql')
  if (missing.length > 0) return `.ci/install-tools has not installed ${missing.join(', ')}`
  if (process.env.IKOMA_FAILOVER_NETWORK !== 'own') return 'no network namespace can be made: run npm run test:failover'
  return null
}
