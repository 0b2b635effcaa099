import type { Host } from '../host.ts'

export interface Disk {
  mount: string
  usedPercent: number
  availableBytes: number
  /** Null for a file system that counts none. */
  inodesUsedPercent: number | null
}

/** The disks that these paths are on, each once; paths that are not there are on none. */
export async function readDisks(host: Host, paths: readonly string[]): Promise<Disk[]> {
  const columns = '--output=target,pcent,avail,ipcent'
  // df fails for a path that is not there, and tells of the others all the same.
  const { stdout } = await host.run({ argv: ['df', '--block-size=1', columns, '--', ...new Set(paths)] })
  const disks = new Map<string, Disk>()
  for (const line of stdout.split('\n').slice(1)) {
    const [, mount, used, available, inodes] = /^(.+?)\s+(\d+)%\s+(\d+)\s+(\d+%|-)$/.exec(line.trim()) ?? []
    if (mount === undefined) continue
    const inodesUsedPercent = inodes === '-' ? null : Number.parseInt(inodes ?? '', 10)
    disks.set(mount, { mount, usedPercent: Number(used), availableBytes: Number(available), inodesUsedPercent })
  }
  return [...disks.values()]
}
