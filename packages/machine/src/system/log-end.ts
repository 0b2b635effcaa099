import { framesOf } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'

/** Below what a program may say, whose end, which is the newest, would be cut. */
export const logEndBytes = 200_000

/** The program that prints the end of its input; of a log file, when it is named. */
export function logEndArgv(...path: [] | [string]): [string, ...string[]] {
  return ['tail', `--bytes=${logEndBytes}`, '--', ...path]
}

/** The last whole lines of what that program printed, oldest first: half a line may be half a secret. */
export function wholeLines(printed: string, lines: number): string[] {
  const all = printed === '' ? [] : printed.replace(/\n$/, '').split('\n')
  const whole = Buffer.byteLength(printed) < logEndBytes ? all : all.slice(1)
  return whole.flatMap(framesOf).slice(-lines)
}

/** The last lines of a log file, oldest first; null where there is none. */
export async function readLogEnd(host: Host, path: string, lines: number): Promise<string[] | null> {
  if ((await host.look(path)) === null) return null
  // Opened for it: a log may lie where a service could put a link in its place.
  return wholeLines(await outputOf(host, { argv: logEndArgv(), inputFile: path }), lines)
}
