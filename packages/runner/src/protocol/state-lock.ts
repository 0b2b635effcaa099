import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { AppError } from '@ikoma/kernel'

/**
 * Holds the state directory for this process: two runners on one journal would execute orders twice.
 * An abstract socket is the lock because the kernel frees it however the process dies; it is per network namespace.
 */
export async function lockState(stateDir: string): Promise<() => Promise<void>> {
  const name = createHash('sha256')
    .update(await realpath(stateDir))
    .digest('hex')
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen(`\0ikoma-runner-${name}`)
    await once(server, 'listening')
  } catch (cause) {
    throw new AppError('conflict', `Another runner is using ${stateDir}. Stop it first, or give this one its own.`, {
      reason: 'state_in_use',
      cause,
    })
  }
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}
