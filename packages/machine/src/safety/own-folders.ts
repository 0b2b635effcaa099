import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { isRootsAlone } from './roots-alone.ts'

/**
 * Refuses a path that somebody else could turn elsewhere: every folder on the way must be root's or of the account `self`,
 * and let nobody else rename what is in it. What lies behind is then ours, and may be believed.
 */
export async function refuseForeignFolders(
  host: Host,
  path: string,
  self: string,
  { ownGroup = false }: { ownGroup?: boolean } = {},
): Promise<void> {
  const parts = path.split('/').slice(1, -1)
  for (const [index] of parts.entries()) {
    const folder = `/${parts.slice(0, index + 1).join('/')}`
    const entry = await host.look(folder)
    // What is not there yet is made by whoever owns the folder above.
    if (entry === null) return
    // A group of the account's own name is the account, where that is an app's.
    const access = ownGroup && entry.group === self ? { ...entry, group: 'root' } : entry
    if (entry.kind === 'directory' && isRootsAlone(access, self)) continue
    throw new AppError(
      'unprocessable',
      `${path} is not safe: ${folder} is not ${self === 'root' ? 'root' : `${self}'s or root`}'s alone.`,
      {
        reason: 'unsafe_path',
      },
    )
  }
}
