import cluster from 'node:cluster'
import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

export interface LogFileOptions {
  /** What is wrong with the file; the log goes on without it. */
  tell(line: string): void
  /** Default 10 MB. */
  maxBytes?: number
  /** How often is looked whether it has grown, or was moved away. Default 2 s. */
  lookMs?: number
  /** Besides the file. */
  output?: { write(line: string): unknown }
  /** One process moves it away; the others follow. By itself the one that no other has started. */
  moves?: boolean
}

const kept = 5

/** A log's lines on standard output and at the end of a file, which is moved to `.1` to `.5` as it grows. */
export function openLogFile(path: string, options: LogFileOptions): { write(line: string): void } {
  const { tell, maxBytes = 10_000_000, lookMs = 2_000, output = process.stdout, moves = cluster.isPrimary } = options
  let fd: number | null = null
  let told = false
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (error) {
      if (!told)
        tell(`LOG_FILE cannot be written, the log goes on without it: ${(error as NodeJS.ErrnoException).code}`)
      told = true
    }
  }
  const open = () => {
    if (fd !== null) closeSync(fd)
    fd = null
    fd = openSync(path, 'a', 0o640)
  }
  const look = () => {
    if (moves && (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) moveAway(path)
    const there = statSync(path, { throwIfNoEntry: false })
    if (fd === null || there?.ino !== fstatSync(fd).ino) open()
  }
  attempt(open)
  setInterval(() => attempt(look), lookMs).unref()
  return {
    write(line) {
      output.write(line)
      if (fd !== null) attempt(() => void writeSync(fd as number, line))
    },
  }
}

function moveAway(path: string): void {
  for (let number = kept - 1; number >= 0; number -= 1) {
    const from = number === 0 ? path : `${path}.${number}`
    if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${path}.${number + 1}`)
  }
}
