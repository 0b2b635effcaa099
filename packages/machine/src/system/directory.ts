import { AppError } from '@ikoma/kernel'
import type { FileAccess } from '../host.ts'
import type { Desired } from '../plan.ts'
import { sameAccess } from './file.ts'

export interface WantedDirectory extends FileAccess {
  path: string
}

/** A directory with this owner and mode; what is in it is left alone. Its parent must be there, or be desired before. */
export function directory({ path, ...wanted }: WantedDirectory): Desired {
  return async (host) => {
    const before = await host.look(path)
    if (before && before.kind !== 'directory') {
      throw new AppError('unprocessable', `${path} is a ${before.kind}, not a directory. Move it away first.`, {
        reason: 'not_a_directory',
      })
    }
    if (before && sameAccess(before, wanted)) return []
    const access = `${wanted.owner}:${wanted.group} ${wanted.mode.toString(8)}`
    const diff = before && `-${before.owner}:${before.group} ${before.mode.toString(8)}\n+${access}`
    return [
      {
        title: before ? `give ${path} to ${access}` : `make the directory ${path} (${access})`,
        diff,
        apply: (host) => host.makeDirectory(path, wanted),
        undo: (host) => (before ? host.makeDirectory(path, before) : host.remove(path)),
      },
    ]
  }
}
