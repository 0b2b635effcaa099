import { readFile } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import type { Messages } from './messages/index.ts'

/** A file that the person named. */
export function readGiven(path: string, t: Messages): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw new AppError('invalid', t.errors.unreadableFile(path), { reason: 'file_unreadable', cause })
  })
}

/** For `catch` after reading a file that need not exist: null when it does not, any other error as it is. */
export function absentFile(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}
