import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@ikoma/kernel'

/**
 * Takes the directory for this process until it ends, however it ends: the system forgets the lock with the open file.
 * Refuses, naming the process, while another one has it.
 */
export function lockDirectory(directory: string): { release(): void } {
  const path = join(directory, 'lock')
  const file = openSync(path, 'a+', 0o600)
  // Node has no flock of its own. The lock belongs to the open file, which the program only borrows.
  const taken = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', file], encoding: 'utf8' })
  if (taken.status === 0) {
    ftruncateSync(file)
    writeSync(file, `${process.pid}\n`)
    return { release: () => closeSync(file) }
  }
  closeSync(file)
  if (taken.status === 1) throw inUse(directory, Number.parseInt(readFileSync(path, 'utf8'), 10))
  throw new AppError(
    'unavailable',
    `${directory} cannot be locked (${taken.error?.message ?? taken.stderr.trim()}). Install flock (package util-linux), or set DATABASE_URL.`,
    { reason: 'postgres_no_lock' },
  )
}

function inUse(directory: string, pid: number): AppError {
  const who = Number.isInteger(pid) ? `process ${pid}${nameOf(pid)}` : 'another process'
  return new AppError(
    'conflict',
    `The database in ${directory} is in use by ${who}. Stop that one first, or give this one a directory of its own.`,
    { reason: 'postgres_in_use', details: Number.isInteger(pid) ? { pid } : {} },
  )
}

/** The program alone: its arguments may hold a secret. */
function nameOf(pid: number): string {
  try {
    return ` (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`
  } catch {
    return ''
  }
}
