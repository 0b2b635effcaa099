import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Who listens on a port of this machine, as `nginx (pid 12)`; null where that cannot be known, as for others' processes. */
export function ownerOfPort(port: number): string | null {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listenersOn(port, read(table)))
  if (sockets.length === 0) return null
  const links = new Set(sockets.map((inode) => `socket:[${inode}]`))
  for (const pid of entriesOf('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!entriesOf(`/proc/${pid}/fd`).some((file) => links.has(linkOf(`/proc/${pid}/fd/${file}`)))) continue
    // By the first word of its command alone: arguments may hold secrets.
    const [command = ''] = read(`/proc/${pid}/cmdline`).split('\0')
    return `${command.split('/').at(-1) || 'a process'} (pid ${pid})`
  }
  return null
}

/** `sl local remote st queues timer retries uid timeout inode`, in hexadecimal digits; 0A is LISTEN. */
function listenersOn(port: number, table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    return state === '0A' && inode && Number.parseInt(local?.split(':').at(-1) ?? '', 16) === port ? [inode] : []
  })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
