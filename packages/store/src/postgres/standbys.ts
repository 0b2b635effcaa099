import { withDeadline } from '@ikoma/kernel'
import pg from 'pg'

const cancelWithinMs = 2_000

/**
 * Hears whether a commit was answered although no standby confirmed it: an administrator or a shutdown ends that wait, and
 * PostgreSQL answers COMMIT all the same, after a warning of this routine.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/replication/syncrep.c
 */
export function watchStandbys(client: pg.ClientBase): { silent(): boolean; stop(): void } {
  let silent = false
  const hear = ({ routine }: { routine?: string | undefined }) => {
    if (routine === 'SyncRepWaitForLSN') silent = true
  }
  client.on('notice', hear)
  return { silent: () => silent, stop: () => void client.off('notice', hear) }
}

/**
 * Ends what a connection that is given up still waits for on the server: no timeout ends the wait for a standby, and each
 * would keep one of the server's connections until the standby is back. By a request of the protocol, which PgBouncer passes
 * on while the connection is open: the process behind it is not known here. Never rejects.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export async function stopWaiting(client: pg.ClientBase): Promise<void> {
  const { processID, secretKey, host, port } = client as unknown as Told
  if (processID === null || secretKey === null) return
  // Without TLS, as libpq does it: nobody is told more than what ends here.
  const connection = new pg.Connection({ ssl: false }) as unknown as Connection
  const ended = new Promise<void>((resolve) => connection.on('end', resolve).on('error', () => resolve()))
  connection.on('connect', () => connection.cancel(processID, secretKey))
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
  else connection.connect(port, host)
  await withDeadline(ended, cancelWithinMs, () => new Error('not cancelled in time')).catch(() => undefined)
  connection.stream.destroy()
}

/** Which the driver's types keep to themselves. */
interface Told {
  processID: number | null
  secretKey: number | null
  host: string
  port: number
}

interface Connection {
  stream: { destroy(): void }
  on(event: 'connect' | 'end' | 'error', hear: () => void): Connection
  connect(port: number | string, host?: string): void
  cancel(processID: number, secretKey: number): void
}
