import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { AppError } from '@ikoma/kernel'
import type { Exit, Program } from '@ikoma/machine'
import { LineGate } from '../output/line-gate.ts'
import { Redaction } from '../output/redact.ts'
import { pause } from '../protocol/pause.ts'
import { type ProcessTree, startProgram } from './process-tree.ts'
import { type OpenFiles, withFiles } from './program-files.ts'

/** What a driver's programs run under: one order's attempt. */
export interface ProgramRunner {
  cwd: string
  marker: string
  killGraceMs: number
  /** Ends the program when it aborts. */
  signal: AbortSignal
  /** Carries what an `aloud` program prints into the order's log, to its end; without it nobody hears. */
  capture?: (output: Readable, stream: 'stdout' | 'stderr') => Promise<unknown>
}

const maxOutputBytes = 256 * 1024
const defaultTimeoutSec = 120

/** Tools answer in English, ask nothing and find each other; nothing else of our environment is passed on. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
}

/** Runs it to its end, or ends it with everything it started when the order must stop or its time is over. */
export async function runProgram(program: Program, runner: ProgramRunner): Promise<Exit> {
  runner.signal.throwIfAborted()
  return withFiles(program, (files) => runWith(files, program, runner))
}

async function runWith(files: OpenFiles, program: Program, runner: ProgramRunner): Promise<Exit> {
  const { argv, input, env = {}, timeoutSec = defaultTimeoutSec } = program
  const { cwd, marker, signal, killGraceMs } = runner
  const around = { cwd: program.cwd ?? cwd, env: { ...environment, ...env }, marker }
  const tree = startProgram({ argv, ...around, input, files: { stdin: files.stdin?.fd, stdout: files.stdout?.fd } })
  const late = AbortSignal.timeout(timeoutSec * 1000)
  const stop = AbortSignal.any([signal, late])
  let killed: Promise<unknown> = Promise.resolve()
  const kill = () => {
    killed = tree.kill(killGraceMs)
  }
  stop.addEventListener('abort', kill, { once: true })
  try {
    const heard = program.aloud ? runner.capture : undefined
    const redaction = program.secrets && new Redaction(program.secrets)
    const listen = (printed: Readable, stream: 'stdout' | 'stderr') => {
      const output = redaction ? Readable.from(redacted(printed, redaction)) : printed
      return heard ? collectAloud(output, (ears) => heard(ears, stream), stop) : collect(output)
    }
    const [stdout, stderr] = [listen(tree.stdout, 'stdout'), listen(tree.stderr, 'stderr')]
    const { code } = await tree.exited.catch((error: unknown) => {
      throw notStarted(argv[0], error)
    })
    // It looks for the order's mark, which what comes after a stop carries too: that must not begin before its end.
    await killed
    // What it left in the background holds its pipes open, and must not outlive the order.
    await tree.kill(0)
    // What it printed is told before what comes after a stop: whoever hears both could not tell them apart.
    if (stop.aborted) await lastWords([stdout, stderr], tree, killGraceMs)
    signal.throwIfAborted()
    if (late.aborted) throw tooSlow(argv[0], timeoutSec)
    return { code, stdout: await stdout, stderr: await stderr }
  } finally {
    stop.removeEventListener('abort', kill)
  }
}

/** What is told on has no secret left, wherever it is told. */
async function* redacted(printed: Readable, redaction: Redaction): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder()
  const stream = redaction.stream()
  for await (const bytes of printed as AsyncIterable<Buffer>) {
    const text = stream.push(decoder.decode(bytes, { stream: true }))
    if (text !== '') yield Buffer.from(text)
  }
  const rest = stream.push(decoder.decode()) + stream.end()
  if (rest !== '') yield Buffer.from(rest)
}

async function collect(output: Readable, hear?: (chunk: Buffer) => Promise<void>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (bytes < maxOutputBytes) chunks.push(chunk.subarray(0, maxOutputBytes - bytes))
    bytes += chunk.length
    await hear?.(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A process out of reach may hold the pipes for ever: then nothing more is heard of them. */
async function lastWords(said: Promise<string>[], tree: ProcessTree, withinMs: number): Promise<void> {
  const enough = new AbortController()
  await Promise.race([Promise.allSettled(said), pause(withinMs, enough.signal)])
  enough.abort()
  tree.stdout.destroy()
  tree.stderr.destroy()
}

/** No faster than the log takes it; after a stop what the log has no room for is dropped. */
async function collectAloud(
  output: Readable,
  capture: (ears: Readable) => Promise<unknown>,
  stop: AbortSignal,
): Promise<string> {
  const ears = new PassThrough()
  const gate = new LineGate()
  const captured = capture(ears)
  // Heard of below; it may fail before.
  captured.catch(() => undefined)
  try {
    return await collect(output, async (chunk) => {
      const heard = gate.pass(chunk, !stop.aborted || !ears.writableNeedDrain)
      if (!ears.write(heard)) await once(ears, 'drain', { signal: stop }).catch(() => undefined)
    })
  } finally {
    ears.end()
    await captured
  }
}

function notStarted(name: string, cause: unknown): AppError {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new AppError('unprocessable', `${name} is not installed on this server.`, { reason: 'tool_absent' })
  }
  return new AppError('unavailable', `${name} could not be started.`, { reason: 'program_not_started', cause })
}

function tooSlow(name: string, timeoutSec: number): AppError {
  return new AppError('unavailable', `${name} did not end within ${timeoutSec} s and was ended.`, {
    reason: 'program_timeout',
  })
}
