import type { S3Place } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import type { DatabaseTool } from '../program/ask.ts'

/** Whoever reads the file can remove every backup, so nobody else may; that is told before anything is begun. */
export async function refuseOpenS3File(host: Host, { self }: DatabaseTool, { authFile }: S3Place): Promise<void> {
  const entry = await host.look(authFile)
  const cure = `install -m 600 -o ${self.owner} /dev/null ${authFile}`
  if (entry?.kind !== 'file') throw refused(`There is no file ${authFile}. Make it with: ${cure}`)
  if (entry.mode & 0o077) throw refused(`Others can read ${authFile}. Run: chmod 600 ${authFile}`)
  if (entry.owner === self.owner) return
  throw refused(`${authFile} belongs to ${entry.owner}. Run: chown ${self.owner} ${authFile}`)
}

function refused(message: string): AppError {
  return new AppError('unprocessable', message, { reason: 'auth_file_refused' })
}
