import { AppError } from '@ikoma/kernel'
import type { Entry, Host } from '@ikoma/machine'
import type { DatabaseTool } from './program/ask.ts'

/**
 * Refuses a path that somebody else could turn elsewhere: every folder on the way must be root's or our own, and let
 * nobody else rename what is in it. What lies behind is then ours, and may be believed.
 */
export async function refuseForeignFolders(host: Host, { self }: DatabaseTool, path: string): Promise<void> {
  const parts = path.split('/').slice(1, -1)
  for (const [index] of parts.entries()) {
    const folder = `/${parts.slice(0, index + 1).join('/')}`
    const entry = await host.look(folder)
    // What is not there yet is made by whoever owns the folder above.
    if (entry === null) return
    if (entry.kind === 'directory' && isOurs(entry, self.owner)) continue
    throw new AppError('unprocessable', `${path} is not safe: ${folder} is not root's alone.`, {
      reason: 'unsafe_path',
    })
  }
}

function isOurs({ owner, group, mode }: Entry, self: string): boolean {
  if (owner !== 'root' && owner !== self) return false
  const shared = mode & 0o002 || (mode & 0o020 && group !== 'root')
  // Where the sticky bit is set, nobody can rename what belongs to another.
  return !shared || (mode & 0o1000) !== 0
}
