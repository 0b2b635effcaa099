import { AppError, isOpenToOthers } from '@ikoma/kernel'
import type { Host } from '../host.ts'

/** Rejects when a file with a secret is not there, is not `owner`'s, or can be read by others, and says how to mend that. */
export async function refuseOpenSecretFile(host: Host, path: string, owner: string): Promise<void> {
  const entry = await host.look(path)
  const cure = `install -m 600 -o ${owner} /dev/null ${path}`
  if (entry?.kind !== 'file') throw refused(`There is no file ${path}. Make it with: ${cure}`)
  if (isOpenToOthers(entry)) throw refused(`Others can read ${path}. Run: chmod 600 ${path}`)
  if (entry.owner !== owner) throw refused(`${path} belongs to ${entry.owner}. Run: chown ${owner} ${path}`)
}

/** What a file with a secret holds, of which the same is demanded: the file that was judged is the one that is read. */
export async function readSecretFile(host: Host, path: string, owner: string): Promise<string> {
  await refuseOpenSecretFile(host, path, owner)
  const file = await host.readFile(path)
  if (file === null || isOpenToOthers(file) || file.owner !== owner) throw refused(`${path} was exchanged just now.`)
  return file.content
}

function refused(message: string): AppError {
  return new AppError('unprocessable', message, { reason: 'auth_file_refused' })
}
