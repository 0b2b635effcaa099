import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Process, startProcess } from '../kit/process.ts'
import { until } from '../kit/until.ts'
import { type Values, writeFilled } from './files.ts'
import { path } from './needs.ts'

const disks = { data: '160m', wal: '1g' }

export interface Role {
  role: string
  state: string
  /** Of the primary: who replicates, and how. */
  replication?: { application_name: string; state: string; sync_state: string }[]
}

/** One of the three machines: Patroni and its PostgreSQL, with disks of their own. */
export class Machine {
  readonly name: string
  readonly address: string
  readonly #folder: string
  /** Of Patroni. */
  readonly file: string
  #patroni: Process | null = null

  constructor({ name, address, folder, values }: { name: string; address: string; folder: string; values: Values }) {
    this.name = name
    this.address = address
    this.#folder = join(folder, name)
    this.#makeDisks()
    this.file = writeFilled(join(this.#folder, 'patroni.yml'), 'patroni.yml', {
      ...values,
      NODE: name,
      ADDRESS: address,
    })
  }

  start(): void {
    const places = [join(import.meta.dirname, 'on-own-disks'), this.#folder]
    this.#patroni = startProcess({
      argv: ['unshare', '--mount', ...places, 'patroni', this.file],
      cwd: '/',
      env: { PATH: path, HOME: this.#folder, LANG: 'C.UTF-8' },
    })
  }

  /** What Patroni's REST API says; null while it says nothing. */
  async role(): Promise<Role | null> {
    const look = fetch(`http://${this.address}:8008/patroni`, { signal: AbortSignal.timeout(2_000) })
    return look.then((answer) => answer.json() as Promise<Role>).catch(() => null)
  }

  /** As by kill -9 on every process of the machine. */
  async kill(): Promise<void> {
    await until(`${this.name} to be dead`, () => {
      const pids = this.#pids()
      for (const pid of pids) signal(pid, 'SIGKILL')
      return pids.length === 0
    })
    await this.#patroni?.exited
  }

  /** Its link to the primary says nothing more, and is not closed. */
  stall(): void {
    const pids = this.#walReceivers()
    if (pids.length !== 1) throw new Error(`${this.name} has ${pids.length} receivers of the write-ahead log`)
    for (const pid of pids) signal(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of this.#walReceivers()) signal(pid, 'SIGCONT')
  }

  /** Until not one block is left on the disk of the data; the write-ahead log has another. */
  fillDisk(): void {
    const file = openSync(this.#filler, 'w')
    try {
      for (const size of [2 ** 20, 4_096]) writeUntilFull(file, Buffer.alloc(size))
    } finally {
      closeSync(file)
    }
  }

  freeDisk(): void {
    rmSync(this.#filler, { force: true })
  }

  output(): string {
    return `--- ${this.name}\n${this.#patroni?.output().slice(-5_000)}`
  }

  async close(): Promise<void> {
    await until(`the disks of ${this.name} to be free`, () => {
      const left = Object.keys(disks).filter((disk) =>
        readFileSync('/proc/mounts', 'utf8').includes(` ${this.#disk(disk)} `),
      )
      for (const disk of left) spawnSync('umount', [this.#disk(disk)], { stdio: 'ignore' })
      return left.length === 0
    })
  }

  #makeDisks(): void {
    mkdirSync(join(this.#folder, 'run'), { recursive: true })
    for (const [disk, size] of Object.entries(disks)) {
      mkdirSync(this.#disk(disk), { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.#disk(disk)])
      execFileSync('chown', ['postgres:postgres', this.#disk(disk)])
    }
    execFileSync('chown', ['postgres:postgres', join(this.#folder, 'run'), join(this.#folder, 'postgresql')])
  }

  #disk(name: string): string {
    return join(this.#folder, 'postgresql', name)
  }

  get #filler(): string {
    return join(this.#disk('data'), 'filler')
  }

  #walReceivers(): number[] {
    return this.#pids().filter((pid) => commandLine(pid).includes('walreceiver'))
  }

  /** Everything with this machine's mounts. */
  #pids(): number[] {
    const mounts = this.#patroni === null ? '' : this.#mounts
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => mounts !== '' && mountsOf(pid) === mounts)
  }

  #mountsSeen = ''
  get #mounts(): string {
    const now = mountsOf(this.#patroni?.pid ?? 0)
    // Before its own are made it has ours; after its death others may still have its own.
    if (now !== '' && now !== mountsOf(process.pid)) this.#mountsSeen = now
    return this.#mountsSeen
  }
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

function mountsOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return ''
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
