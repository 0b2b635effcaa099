import type { PayloadOf } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { directory, type WantedDirectory } from '@ikoma/machine/system'
import { converging } from './converging.ts'

export const applyDirectory = converging((payload: PayloadOf<'system.directory.apply'>) => [
  async (host) => {
    const wanted = { ...payload, mode: Number.parseInt(payload.mode, 8) }
    const changes = await directory(wanted)(host)
    if (changes.length > 0) await refuseOthersFolder(host, wanted)
    return changes
  },
])

/** Whoever writes to a person's home has that person's shell, and root where they may use sudo. */
async function refuseOthersFolder(host: Host, { path, owner, mode }: WantedDirectory): Promise<void> {
  const before = await host.look(path)
  if (before === null || before.owner === 'root') return
  if (before.owner === owner && (mode & 0o022) === 0) return
  throw new AppError('unprocessable', `${path} belongs to ${before.owner} already. Open it to others by hand.`, {
    reason: 'owned_by_another',
  })
}
