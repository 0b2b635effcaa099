import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'

/** Rejects when a file with a secret is not there, is not `owner`'s, or can be read by others, and says how to mend that. */
export async function refuseOpenSecretFile(host: Host, path: string, owner: string): Promise<void> {
  const entry = await host.look(path)
  const cure = `install -m 600 -o ${owner} /dev/null ${path}`
  if (entry?.kind !== 'file') throw refused(`There is no file ${path}. Make it with: ${cure}`)
  if (entry.mode & 0o077) throw refused(`Others can read ${path}. Run: chmod 600 ${path}`)
  if (entry.owner !== owner) throw refused(`${path} belongs to ${entry.owner}. Run: chown ${owner} ${path}`)
}

function refused(message: string): AppError {
  return new AppError('unprocessable', message, { reason: 'auth_file_refused' })
}
