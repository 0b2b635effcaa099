import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { isRootsAlone } from './roots-alone.ts'

const maxLinks = 20

/**
 * Refuses a path that a program of ours opens by itself when anybody but root and `self` could have it lead elsewhere at
 * any later time: each folder on the way, and on the way that its links take, is root's alone. What is not there yet
 * is made by whoever owns the folder above.
 */
export async function refuseTurnable(host: Host, path: string, self: string): Promise<void> {
  const left = path.split('/').filter((name) => name !== '')
  let at = ''
  let links = 0
  while (left.length > 0) {
    const folder = await host.look(at || '/')
    if (folder !== null && !(folder.kind === 'directory' && isRootsAlone(folder, self))) throw turnable(path, at || '/')
    const name = left.shift() as string
    if (name === '..') {
      at = at.slice(0, at.lastIndexOf('/'))
      continue
    }
    const entry = await host.look(`${at}/${name}`)
    if (entry === null) return
    if (entry.kind !== 'link') {
      at = `${at}/${name}`
      continue
    }
    links += 1
    const { target, owner } = entry
    if (target === undefined || links > maxLinks || (owner !== 'root' && owner !== self)) {
      throw turnable(path, `${at}/${name}`)
    }
    if (target.startsWith('/')) at = ''
    left.unshift(...target.split('/').filter((each) => each !== '' && each !== '.'))
  }
}

function turnable(path: string, where: string): AppError {
  const message = `${path} is not safe: ${where} is not root's alone, so what is there can be exchanged. Keep it in a folder of root.`
  return new AppError('unprocessable', message, { reason: 'unsafe_path' })
}
