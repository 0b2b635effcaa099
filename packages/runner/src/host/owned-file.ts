import type { FileHandle } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import { type Accounts, readAccounts } from '@ikoma/machine/system'
import { openPlace, walkPath } from './walk-path.ts'

export const maxFileBytes = 1024 * 1024

/** The text of a file as `owner` could read it. No link is followed on the way, and what was opened is what is judged. */
export async function readOwned(path: string, owner: string): Promise<string | null> {
  const turned = () => unsafe(path, 'a symbolic link, which may lead anywhere, is on the way')
  const link = () => {
    throw turned()
  }
  const found = await walkPath(path, { link, turned }).catch(closed(path))
  if (found === null) return null
  try {
    const facts = await found.stat()
    if (!facts.isFile()) throw refused(path, 'is not a regular file')
    if (facts.nlink !== 1) throw refused(path, 'has another name somewhere, so nobody can say whose it is')
    if (facts.size > maxFileBytes) throw refused(path, `has more than ${maxFileBytes} bytes`)
    const accounts = await readAccounts()
    if (!mayRead(facts, owner, accounts)) throw foreign(path, accounts.userOf(facts.uid), owner)
    return textOf(path, await bytesAt(found, path))
  } finally {
    await found.close()
  }
}

function closed(path: string) {
  return (error: NodeJS.ErrnoException): null => {
    if (error instanceof AppError) throw error
    if (error.code === 'ENOENT') return null
    throw refused(
      path,
      error.code === 'ENOTDIR' ? 'has a file for a folder on the way' : `cannot be opened (${error.code})`,
    )
  }
}

interface Facts {
  uid: number
  gid: number
  mode: number
}

/** By its owner, by everybody, or by the group that has the owner's name and nobody else in it. */
function mayRead({ uid, gid, mode }: Facts, owner: string, accounts: Accounts): boolean {
  if (accounts.userOf(uid) === owner || (mode & 0o004) !== 0) return true
  return uid === 0 && (mode & 0o040) !== 0 && accounts.groupOf(gid) === owner
}

async function bytesAt(found: FileHandle, path: string): Promise<Buffer> {
  const file = await openPlace(found).catch(({ code }: NodeJS.ErrnoException) => {
    throw refused(path, `cannot be opened (${code})`)
  })
  try {
    const bytes = Buffer.alloc(maxFileBytes + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length)
      length += bytesRead
      // It grows while we read.
      if (length > maxFileBytes) throw refused(path, `has more than ${maxFileBytes} bytes`)
      if (bytesRead === 0) return bytes.subarray(0, length)
    }
  } finally {
    await file.close()
  }
}

function textOf(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refused(path, 'is not a text in UTF-8')
  }
}

function foreign(path: string, whose: string, owner: string): AppError {
  const cure = `Run: chown ${owner} ${path}`
  return unsafe(path, `it belongs to ${whose} and is closed to ${owner}, for whom it would be read. ${cure}`)
}

function unsafe(path: string, why: string): AppError {
  return new AppError('unprocessable', `${path} is not safe to read: ${why}.`, { reason: 'unsafe_path' })
}

function refused(path: string, why: string): AppError {
  return new AppError('unprocessable', `${path} ${why}.`, { reason: 'unexpected_file' })
}
