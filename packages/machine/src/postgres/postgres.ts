import type { PostgresConnection } from '@ikoma/api'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import { refuseOpenSecretFile } from '../safety/index.ts'

const connectTimeoutSec = 10

/** Where PostgreSQL's own programs look for their server. A password is only ever in the file that is named. */
export function postgresEnvironment(
  database: string,
  { host, port, role, runAs, authFile }: PostgresConnection,
): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: role ?? runAs,
    PGDATABASE: database,
    PGCONNECT_TIMEOUT: String(connectTimeoutSec),
    PGAPPNAME: 'ikoma',
    ...(authFile === undefined ? {} : { PGPASSFILE: authFile }),
  }
}

/** Rejects when PostgreSQL's programs are not there. */
export async function needPostgresTools(host: Host): Promise<void> {
  for (const name of ['pg_dump', 'pg_restore'] as const) await mustRun(host, { argv: [name, '--version'] })
}

/** PostgreSQL ignores a file that others can read, and asks for a password: that is told before anything is begun. */
export async function refuseOpenAuthFile(host: Host, { authFile, runAs }: PostgresConnection): Promise<void> {
  if (authFile !== undefined) await refuseOpenSecretFile(host, authFile, runAs)
}
