import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { isRootsAlone } from './roots-alone.ts'

/** Rejects when a symbolic link is anywhere on the way: it could lead out of the folder that was asked for. */
export async function refuseLinks(host: Host, paths: readonly string[]): Promise<void> {
  const all = paths.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/')))
  for (const path of [...new Set(all)].filter((each) => each !== '').sort()) {
    const entry = await host.look(path)
    if (entry?.kind !== 'link') continue
    const message = `${path} is a symbolic link, which may lead anywhere. Put the file or folder itself there.`
    throw new AppError('unprocessable', message, { reason: 'unsafe_path' })
  }
}

/** Rejects when anybody but root could put something else in the place of one of these, at any later time. */
export async function refuseReplaceable(host: Host, paths: readonly string[]): Promise<void> {
  const above = paths.flatMap((path) =>
    path.split('/').map((_, index, parts) => parts.slice(0, index).join('/') || '/'),
  )
  for (const folder of [...new Set(above)].sort()) {
    const entry = await host.look(folder)
    if (entry === null || isRootsAlone(entry)) continue
    const message = `${folder} is not root's alone: what is in it can be exchanged for a link. Give it to root, or use a volume.`
    throw new AppError('unprocessable', message, { reason: 'unsafe_path' })
  }
}
