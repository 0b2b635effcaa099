import { readFileSync } from 'node:fs'
import { isIP, type Socket } from 'node:net'

/** TIME_WAIT: a former connection, of no account any more. */
const over = '06'

/**
 * The account (uid) at the other end of a connection within this machine, as Linux's table of connections has it (proc(5),
 * /proc/net/tcp). Null where there is no such table and for what is no connection; -1 when the table does not say.
 */
export function accountOfPeer({ remotePort, localPort, remoteAddress }: Socket): number | null {
  if (process.platform !== 'linux' || !remotePort || !localPort || isIP(remoteAddress ?? '') === 0) return null
  const accounts = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => owners(table, remotePort, localPort)))
  const [only] = accounts
  return accounts.size === 1 && only !== undefined ? only : -1
}

function owners(table: string, from: number, to: number): number[] {
  const [own, other] = [from, to].map((port) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`)
  return rowsOf(table)
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, remote, state]) => state !== over && local?.endsWith(own ?? '') && remote?.endsWith(other ?? ''))
    .map((row) => Number(row[7]))
}

function rowsOf(table: string): string[] {
  try {
    return readFileSync(table, 'utf8').split('\n')
  } catch {
    return []
  }
}
