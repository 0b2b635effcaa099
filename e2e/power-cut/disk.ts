import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processesIn, processesWith } from '../kit/process-table.ts'
import { until } from '../kit/until.ts'

const megabyte = 2 ** 20
/** Carries the id of the process that tests, so that the next run knows whether it is still in use. */
const folderName = /^ikoma-power-cut-(\d+)-/

export interface Disk {
  /** Where it is mounted. */
  path: string
  /**
   * Everything that was not synced is gone, and nothing more can be read or written. What is killed without this loses
   * nothing: the kernel still has its pages and writes them.
   */
  cutPower(): void
  /** Kills whoever still uses it, and mounts it again, which replays the journal of ext4. */
  restorePower(): Promise<void>
  sync(): void
  close(): Promise<void>
}

export function newPowerCutFolder(): string {
  return mkdtempSync(join(tmpdir(), `ikoma-power-cut-${process.pid}-`))
}

/**
 * An ext4 file system of its own, on a loop device and in a file that takes the room of what is in it. PostgreSQL keeps its
 * log between checkpoints, of which each recovery ends with one: that stays far below the default size.
 */
export function newDisk(folder: string, sizeMb = 512): Disk {
  const path = join(folder, 'disk')
  const image = join(folder, 'disk.img')
  const mount = () => run('mount', '-o', 'loop', image, path)
  mkdirSync(path)
  writeFileSync(image, '')
  truncateSync(image, sizeMb * megabyte)
  run('mkfs.ext4', '-q', '-F', image)
  mount()
  return {
    path,
    cutPower: () => run('perl', join(import.meta.dirname, 'cut-power.pl'), path),
    async restorePower() {
      await unmount(path)
      mount()
    },
    sync: () => run('sync', '--file-system', path),
    async close() {
      if (isMounted(path)) await unmount(path)
    },
  }
}

/** Why power cannot be cut on this machine, or null: tried out on a small disk. */
export async function whyNoPowerCut(): Promise<string | null> {
  const folder = newPowerCutFolder()
  let disk: Disk | null = null
  try {
    disk = newDisk(folder, 16)
    const [synced, unsynced] = [join(disk.path, 'synced'), join(disk.path, 'unsynced')]
    writeFileSync(synced, 'stays', { flush: true })
    writeFileSync(unsynced, 'goes')
    disk.cutPower()
    await disk.restorePower()
    if (!existsSync(synced)) return 'a file that was synced is gone after the cut'
    return existsSync(unsynced) ? 'a file that was never synced is still there after the cut' : null
  } catch (error) {
    return String(error)
  } finally {
    await disk?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A test that was killed has left its processes running and its disk mounted. */
export async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = folderName.exec(name)?.[1]
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue
    const folder = join(tmpdir(), name)
    const path = join(folder, 'disk')
    kill(processesWith(`HOME=${folder}`).map(({ pid }) => pid))
    if (isMounted(path)) await unmount(path)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function unmount(path: string): Promise<void> {
  await until('the disk to be unmounted', () => {
    // The one that was started is not enough: one of PostgreSQL's processes may wait for good for a lock of another.
    kill(processesIn(path))
    try {
      run('umount', path)
      return true
    } catch (error) {
      if (String(error).includes('busy')) return false
      throw error
    }
  })
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/mounts', 'utf8').includes(` ${path} `)
}

function run(file: string, ...args: string[]): void {
  // The tools of file systems are not on everybody's PATH.
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LANG: 'C' }
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
}
