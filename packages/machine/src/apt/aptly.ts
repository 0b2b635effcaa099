import { AppError } from '@ikoma/kernel'
import type { Exit, Host, Program } from '../host.ts'
import { mustRun, toolFailed } from '../must-run.ts'

/** apt waits so long for dpkg's lock by itself, when it is told to; for those of its lists and archives it never does. */
const lockSec = 120
const pauseSec = 3

/** A run of apt or dpkg that waits for another to end, and tells what will not pass from what may. */
export async function runAptly(host: Host, program: Program): Promise<void> {
  for (let waitedSec = 0; ; waitedSec += pauseSec) {
    const exit = await host.run(program)
    if (exit.code === 0) return
    if (!isLocked(exit) || waitedSec >= lockSec) throw failureOf(program, exit)
    await mustRun(host, { argv: ['sleep', String(pauseSec)], timeoutSec: pauseSec + 30 })
  }
}

/** The lock of the lists or the archives, or the one that dpkg by itself has no patience for. */
function isLocked({ stderr }: Exit): boolean {
  return /^(E: Could not get lock \S*\/(lists|archives)\/lock\b|dpkg: error: dpkg (frontend|database) lock was locked)/m.test(
    stderr,
  )
}

function failureOf({ argv }: Program, exit: Exit): AppError {
  const failed = toolFailed(argv[0], exit)
  const said = `${exit.stdout}\n${exit.stderr}`
  // A full disk fails whatever is at it, and is nobody's script.
  if (/No space left on device/.test(said)) return failed
  const script = scriptIn(said)
  if (script === null) return failed
  const cure = 'Mend what it says, above; dpkg goes on there the next time.'
  const message = `${script} failed, and will the next time too. ${cure} ${failed.message}`
  return new AppError('unprocessable', message.slice(0, maxCharacters), { reason: 'package_script_failed' })
}

const maxCharacters = 2_500

/** The scripts of packages that ended with an error, as dpkg tells it; one that was killed may end well the next time. */
function scriptIn(said: string): string | null {
  const lines = said.matchAll(/^ (?:installed |new |old )?(\S+) package (\S+) script subprocess returned error/gm)
  const scripts = [...lines].map(([, name = '', script = '']) => `The ${script} script of ${name}`)
  return scripts.length === 0 ? null : [...new Set(scripts)].slice(0, 3).join(', ')
}
