import type pg from 'pg'
import { clientConfig, withClient } from './connection.ts'

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
 * Ends what a connection that was given up still waits for on the server: no timeout ends the wait for a standby, and each
 * would keep one of the server's connections until the standby is back.
 */
export async function stopWaiting(url: string, client: pg.ClientBase): Promise<void> {
  const { processID } = client as unknown as { processID: number | null }
  if (processID === null) return
  const cancel = "select pg_cancel_backend(pid) from pg_stat_activity where pid = $1 and wait_event = 'SyncRep'"
  await withClient(clientConfig(url), (other) => other.query(cancel, [processID])).catch(() => undefined)
}
