import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pause } from '../protocol/pause.ts'
import { environmentHas, type ProcessEntry, readProcesses } from './process-table.ts'

export interface Program {
  argv: readonly string[]
  cwd: string
  /** All that it sees of the environment, besides the marker. */
  env: Record<string, string>
  marker: string
  /** Written to its standard input; without it, that is at its end from the start. */
  input?: string | undefined
  /** Open files that are its standard input and output instead. */
  files?: { stdin?: number | undefined; stdout?: number | undefined }
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ProcessTree {
  stdout: Readable
  stderr: Readable
  /** When the program itself ends; rejects when it could not be started. What it started may live on: see kill. */
  exited: Promise<Exit>
  /** Ends every process of the tree; gives how many could not be ended. Also to be called after exit. */
  kill(graceMs: number): Promise<number>
}

/** Found in the environment of every process that an attempt started, however it detached itself. */
export function orderMarker(orderId: string, attempt: number): string {
  return `${orderId}.${attempt}`
}

/** Starts a program in a session of its own. No shell, nothing of our own environment. */
export function startProgram({ argv, cwd, env, marker, input, files = {} }: Program): ProcessTree {
  const [file = '', ...args] = argv
  const child = spawn(file, args, {
    cwd,
    env: { ...env, IKOMA_ORDER: marker },
    detached: true,
    shell: false,
    stdio: [files.stdin ?? 'pipe', files.stdout ?? 'pipe', 'pipe'],
  })
  // A program that ends before it has read everything is no failure of ours.
  child.stdin?.on('error', () => undefined).end(input)
  const exited = exitOf(child)
  // Whoever kills the tree first may never look at this.
  exited.catch(() => {})
  const { stdout, stderr } = child
  return {
    stdout: stdout ?? Readable.from([]),
    stderr: stderr ?? Readable.from([]),
    exited,
    kill: (graceMs) => killAll(() => membersOf(child, marker), graceMs),
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}

/** Ends what a former attempt left behind, when the runner that started it is gone. */
export function killMarked(marker: string, graceMs: number): Promise<number> {
  return killAll(() => withDescendants(readProcesses(), (entry) => isMarked(entry, marker)), graceMs)
}

const maxKillRounds = 50

async function killAll(members: () => number[], graceMs: number): Promise<number> {
  const first = members()
  if (first.length === 0) return 0
  if (graceMs > 0) signalAll(first, 'SIGTERM')
  const graceEnd = performance.now() + graceMs
  while (performance.now() < graceEnd && members().length > 0) await pause(50)
  // Again and again, because a process may have forked between the look and the shot.
  for (let round = 0; round < maxKillRounds; round++) {
    const left = members()
    if (left.length === 0) return 0
    signalAll(left, 'SIGKILL')
    await pause(round < 10 ? 10 : 100)
  }
  return members().length
}

function membersOf(child: ChildProcess, marker: string): number[] {
  const root = child.pid
  if (root === undefined) return []
  // Once it was reaped its number may be given to a stranger, but not while its group lives.
  const alive = child.exitCode === null && child.signalCode === null
  return withDescendants(readProcesses(), (entry) => {
    if (entry.pid === root) return alive
    return entry.group === root || entry.session === root || isMarked(entry, marker)
  })
}

function isMarked({ pid }: ProcessEntry, marker: string): boolean {
  return environmentHas(pid, `IKOMA_ORDER=${marker}`)
}

function withDescendants(processes: ProcessEntry[], isRoot: (entry: ProcessEntry) => boolean): number[] {
  // A zombie is dead already; only its parent can take it away.
  const living = processes.filter(({ state, pid }) => state !== 'Z' && state !== 'X' && pid !== process.pid)
  const found = new Set(living.filter(isRoot).map(({ pid }) => pid))
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const { pid, parent } of living) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

function signalAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended meanwhile, or is not ours to signal: counted as left.
    }
  }
}
