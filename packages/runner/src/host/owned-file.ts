import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import { type Accounts, readAccounts } from '@ikoma/machine/system'

export const maxFileBytes = 1024 * 1024
/** A folder as a place to begin at, whether or not it may be listed; Node has no name for it. */
const O_PATH = 0o10000000

/**
 * The text of a file as `owner` could read it. Node has no openat: each folder is opened by its name in the one before,
 * which the kernel shows by number, so that nothing on the way can be exchanged. What was opened is what is judged.
 */
export async function readOwned(path: string, owner: string): Promise<string | null> {
  const file = await openWithoutLinks(path)
  if (file === null) return null
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw refused(path, 'is not a regular file')
    if (facts.nlink !== 1) throw refused(path, 'has another name somewhere, so nobody can say whose it is')
    if (facts.size > maxFileBytes) throw refused(path, `has more than ${maxFileBytes} bytes`)
    const accounts = await readAccounts()
    if (!mayRead(facts, owner, accounts)) throw foreign(path, accounts.userOf(facts.uid), owner)
    return textOf(path, await bytesOf(file, path))
  } finally {
    await file.close()
  }
}

async function openWithoutLinks(path: string): Promise<FileHandle | null> {
  const names = path.split('/').slice(1)
  const last = names.pop() ?? ''
  let folder = await open('/', constants.O_DIRECTORY | O_PATH)
  try {
    for (const name of names) {
      const next = await open(below(folder, name), constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH).catch(
        closed(path),
      )
      if (next === null) return null
      await folder.close()
      folder = next
    }
    // A FIFO would have us wait for somebody to write to it.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
    return await open(below(folder, last), flags).catch(closed(path))
  } finally {
    await folder.close()
  }
}

const below = (folder: FileHandle, name: string) => `/proc/self/fd/${folder.fd}/${name}`

function closed(path: string) {
  return ({ code }: NodeJS.ErrnoException): null => {
    if (code === 'ENOENT') return null
    if (code === 'ELOOP' || code === 'ENOTDIR')
      throw unsafe(path, 'a symbolic link, which may lead anywhere, is on the way')
    throw refused(path, `cannot be opened (${code})`)
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

async function bytesOf(file: FileHandle, path: string): Promise<Buffer> {
  const bytes = Buffer.alloc(maxFileBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length)
    length += bytesRead
    // It grows while we read.
    if (length > maxFileBytes) throw refused(path, `has more than ${maxFileBytes} bytes`)
    if (bytesRead === 0) return bytes.subarray(0, length)
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
