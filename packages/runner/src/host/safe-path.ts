import { lstat } from 'node:fs/promises'
import { dirname, normalize } from 'node:path'
import { AppError } from '@ikoma/kernel'
import { accessOf, accountOf, belongsTo, othersRename } from '@ikoma/machine/safety'

/**
 * Refuses a path that somebody could turn elsewhere between our look and our write: Node has no openat, so every folder
 * on the way must belong to root or to ourselves, be no symbolic link, and let nobody else rename what is in it.
 */
export async function refuseUnsafePath(path: string): Promise<void> {
  if (!path.startsWith('/') || path.includes('\0') || normalize(path) !== path || path.endsWith('/')) {
    throw unsafe(path, 'it is not an absolute path in its shortest form')
  }
  const self = accountOf(process.getuid?.() ?? 0)
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const entry = await lookAt(folder)
    if (!entry.isDirectory()) throw unsafe(path, `${folder} is not a directory`)
    const access = accessOf(entry)
    if (!belongsTo(access, self)) throw unsafe(path, `${folder} belongs to another user`)
    if (othersRename(access)) throw unsafe(path, `others can write to ${folder}`)
    if (folder === '/') return
  }
}

async function lookAt(folder: string) {
  try {
    return await lstat(folder)
  } catch {
    throw unsafe(folder, 'its folder is not there')
  }
}

function unsafe(path: string, why: string): AppError {
  return new AppError('unprocessable', `${path} is not safe to write: ${why}.`, { reason: 'unsafe_path' })
}
