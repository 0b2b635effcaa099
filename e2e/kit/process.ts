import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Command {
  argv: readonly [string, ...string[]]
  cwd: string
  /** All that it sees of the environment. */
  env: Record<string, string>
}

export interface Process {
  pid: number
  stdout(): string
  /** Both streams, as they came. */
  output(): string
  exited: Promise<Exit>
  hasEnded(): boolean
  /** Resolves with the first match in the output; rejects when the process ends or the time is over before. */
  said(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>
  signal(signal: NodeJS.Signals): void
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals, withinMs?: number): Promise<Exit>
}

const living = new Set<number>()
process.once('exit', () => living.forEach(killGroup))

/** Starts a program as the head of a process group of its own. */
export function startProcess({ argv, cwd, env }: Command): Process {
  const [file, ...args] = argv
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} could not be started`)
  const captured = capture(child)
  living.add(pid)
  let ended = false
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true
      living.delete(pid)
      // Its last words may still be in the pipe; what it started may hold the pipe open for good.
      void Promise.race([once(child, 'close'), later(500)]).then(() => resolve({ code, signal }))
    })
  })
  const describe = (problem: string) => new Error(`${argv.join(' ')} ${problem}. It said:\n${captured.output()}`)
  return {
    pid,
    stdout: captured.stdout,
    output: captured.output,
    exited,
    hasEnded: () => ended,
    async said(pattern, withinMs = 15_000) {
      const found = () => pattern.exec(captured.output())
      const late = performance.now() + withinMs
      for (;;) {
        const match = found()
        if (match) return match
        if (ended) throw describe(`ended without saying ${pattern}`)
        if (performance.now() > late) throw describe(`did not say ${pattern} within ${withinMs} ms`)
        await captured.more(100)
      }
    },
    signal: (signal) => child.kill(signal),
    async end(signal, withinMs = 15_000) {
      child.kill(signal)
      const exit = await Promise.race([exited, later(withinMs)])
      if (exit) return exit
      throw describe(`did not end within ${withinMs} ms of ${signal}`)
    },
  }
}

export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

function capture(child: ChildProcess) {
  let stdout = ''
  let all = ''
  let wake = () => {}
  child.stdout?.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      all += bytes.toString()
      wake()
    })
  }
  return {
    stdout: () => stdout,
    output: () => all,
    more: (withinMs: number) =>
      new Promise<void>((resolve) => {
        setTimeout(resolve, withinMs)
        wake = resolve
      }),
  }
}

function later(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms).unref())
}
