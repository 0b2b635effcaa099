import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'

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
