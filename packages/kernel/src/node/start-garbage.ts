import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const settledMs = 2_000

/**
 * Gives back, once and soon, the memory that starting took and running does not need: V8 keeps it for an allocation rate
 * that never comes again. Pauses this thread once, for about a tenth of a second.
 */
export function collectStartGarbage(): void {
  setTimeout(() => collectAll()?.(), settledMs).unref()
}

/** What collects all garbage of this thread; V8 has no other way to be asked without an option on the command line. */
export function collectAll(): (() => void) | undefined {
  setFlagsFromString('--expose-gc')
  // The option is the whole process's: another thread that does the same may have taken it back in between.
  const collect: NodeJS.GCFunction | undefined = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  return collect && (() => collect({ type: 'major', flavor: 'last-resort' }))
}
