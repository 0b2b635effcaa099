import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'

export interface WantedLink {
  path: string
  target: string
}

/** A symbolic link to exactly this target. Another link is turned, anything else is refused. */
export function link({ path, target }: WantedLink): Desired {
  return async (host) => {
    const before = await targetOf(host, path)
    return before === target ? [] : [linking({ path, target }, before)]
  }
}

/** Makes it in the place of a link to `before`, or of nothing. */
function linking({ path, target }: WantedLink, before: string | null): Change {
  return {
    title: `link ${path} to ${target}`,
    diff: before && `-${before}\n+${target}`,
    apply: (on) => point(on, path, target),
    undo: (on) => (before === null ? on.remove(path) : point(on, path, before)),
  }
}

/** Where a link leads, as it is written; null when nothing is there. */
async function targetOf(host: Host, path: string): Promise<string | null> {
  const entry = await host.look(path)
  if (entry === null) return null
  if (entry.kind === 'link') return (await outputOf(host, { argv: ['readlink', '--', path] })).trimEnd()
  throw new AppError('unprocessable', `${path} is a ${entry.kind}, not a link. Move it away first.`, {
    reason: 'not_a_link',
  })
}

function point(host: Host, path: string, target: string): Promise<void> {
  return mustRun(host, { argv: ['ln', '--symbolic', '--force', '--no-dereference', '--', target, path] })
}
