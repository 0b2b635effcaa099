import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import type { NotLookedAt } from '../evidence.ts'

/** Looks at a machine where anything may be absent or closed: what could not be seen is noted, and is no failure. */
export class Look {
  /** The machine, for readers: it changes nothing, and ends each of its programs in time. */
  readonly host: Host
  readonly notLookedAt: NotLookedAt[] = []

  constructor(host: Host) {
    this.host = onlyRead(host)
  }

  /** What `see` sees; `otherwise`, with a note, where it cannot. A stop of the order is not swallowed. */
  async at<T>(what: string, otherwise: T, see: () => Promise<T>): Promise<T> {
    try {
      return await see()
    } catch (error) {
      const why = whyNot(error)
      if (why === null) throw error
      this.note(what, why)
      return otherwise
    }
  }

  note(what: string, why: string): void {
    this.notLookedAt.push({ what, why: (why.split('\n')[0] ?? '').slice(0, maxWhy) })
  }
}

/** A disk or a daemon that hangs holds up one look, not the whole of them. */
const toolSec = 15
const maxWhy = 300

function onlyRead(host: Host): Host {
  const refuse = async (path: string) => {
    throw new Error(`Diagnosis changes nothing, and not ${path}.`)
  }
  return {
    run: (program) => host.run({ ...program, timeoutSec: Math.min(program.timeoutSec ?? toolSec, toolSec) }),
    read: (path) => host.read(path),
    readAs: (path, owner) => host.readAs(path, owner),
    walk: (path, most) => host.walk(path, most),
    readFile: (path) => host.readFile(path),
    look: (path) => host.look(path),
    list: (path) => host.list(path),
    visit: (visit) => host.visit(visit),
    ...{ write: refuse, makeDirectory: refuse, remove: refuse },
  }
}

function whyNot(error: unknown): string | null {
  if (error instanceof AppError) return error.message
  if (error instanceof SyntaxError) return 'it answered something unexpected'
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM' ? 'it is closed to this user' : null
}
