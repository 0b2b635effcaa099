import { once } from 'node:events'
import { homedir } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Io, Sink } from './io.ts'
import { processes } from './processes/index.ts'
import { runCommandLine } from './program.ts'

const io: Io = {
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  nodeVersion: process.versions.node,
  timeZone: undefined,
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => {}),
  readStdin: () => text(process.stdin),
  readHidden: (prompt) => (process.stdin.isTTY ? askHidden(prompt) : text(process.stdin)),
  onInterrupt(handler) {
    process.once('SIGINT', handler)
    return () => process.off('SIGINT', handler)
  },
}

/** Ctrl-C and Ctrl-D give nothing. */
async function askHidden(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  try {
    const closed = once(lines, 'close').then(() => '')
    return await Promise.race([lines.question(''), closed])
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  let read = true
  // Whoever reads us may stop early (`| head`): that is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    read = false
  })
  return {
    write: (chunk) => stream.write(chunk),
    async ready() {
      // It rejects with the error that the handler above has seen.
      if (stream.writableNeedDrain) await once(stream, 'drain').catch(() => {})
      return read
    },
    isTty: stream.isTTY === true,
    columns: stream.columns ?? null,
  }
}

/** Runs one command line; the process ends with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await runCommandLine(argv, { io, processes })
}

if (import.meta.main) void main(process.argv.slice(2))
