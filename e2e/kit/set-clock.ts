import { globSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SetClock {
  /** What a process must be started with to see this clock. */
  env: Record<string, string>
  /** Sets it so far ahead of the real one, or behind, for all that run with it. */
  setTo(offsetSec: number): void
  now(): number
}

/** A clock that a test sets while processes run by it; what waits goes by the monotonic one, which stays true. */
export function newClock(folder: string, offsetSec = 0): SetClock {
  const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1')
  if (library === undefined) throw new Error('libfaketime is missing: apt-get install libfaketime')
  const file = join(folder, 'clock')
  let offset = offsetSec
  const setTo = (seconds: number) => {
    offset = seconds
    // Whole at any time: it is read at each look at the clock.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`)
    renameSync(`${file}.new`, file)
  }
  setTo(offsetSec)
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  return { env, setTo, now: () => Date.now() + offset * 1000 }
}
