import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Entry, FileAccess, FileContent, Host, Program } from '@ikoma/machine'
import { readAccounts } from '@ikoma/machine/system'
import { syncDirectory } from './durable-file.ts'
import { refuseOwnGround } from './own-ground.ts'
import { maxFileBytes, readOwned } from './owned-file.ts'
import { type ProgramRunner, runProgram } from './run-program.ts'
import { refuseUnsafePath } from './safe-path.ts'

/** This machine. `refuse` throws for paths that are not to be written; by default, what belongs to IKOMA itself. */
export function localHost(runner: ProgramRunner, refuse = refuseOwnGround): Host {
  const guarded = <A extends [FileAccess?]>(work: (path: string, ...access: A) => Promise<void>) => {
    return async (path: string, ...access: A) => {
      refuse(path, ...access)
      await work(path, ...access)
    }
  }
  return {
    run: (program: Program) => runProgram(program, runner),
    read: readText,
    readAs: readOwned,
    walk,
    look,
    list: async (path) => (await readdir(path).catch(ignoreMissing([]))).sort(),
    write: guarded(writeFile),
    makeDirectory: guarded(makeDirectory),
    remove: guarded(remove),
  }
}

async function readText(path: string): Promise<string | null> {
  // A FIFO in the folder of an app would have us wait for somebody to write to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
  const file = await open(path, flags).catch(ignoreMissing(null))
  if (file === null) return null
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw refused(path, 'is not a regular file')
    if (facts.size > maxFileBytes) throw refused(path, `has more than ${maxFileBytes} bytes`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function look(path: string): Promise<Entry | null> {
  const facts = await lstat(path).catch(ignoreMissing(null))
  if (facts === null) return null
  const accounts = await readAccounts()
  return {
    kind: kindOf(facts),
    mode: facts.mode & 0o7777,
    owner: accounts.userOf(facts.uid),
    group: accounts.groupOf(facts.gid),
  }
}

async function walk(path: string, most: number): Promise<(Entry & { path: string })[]> {
  const accounts = await readAccounts()
  const found: (Entry & { path: string })[] = []
  const folders = [path]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await readdir(folder).catch(ignoreMissing([]))) {
      const below = `${folder}/${name}`
      const facts = await lstat(below).catch(ignoreMissing(null))
      if (facts === null) continue
      if (found.length >= most) throw refused(path, `holds more than ${most} files`)
      const kind = kindOf(facts)
      if (kind === 'directory') folders.push(below)
      const [owner, group] = [accounts.userOf(facts.uid), accounts.groupOf(facts.gid)]
      found.push({ path: below, kind, mode: facts.mode & 0o7777, owner, group })
    }
  }
  return found
}

function kindOf(facts: Stats): Entry['kind'] {
  if (facts.isFile()) return 'file'
  if (facts.isDirectory()) return 'directory'
  return facts.isSymbolicLink() ? 'link' : 'other'
}

async function writeFile(path: string, { content, ...access }: FileContent): Promise<void> {
  await refuseUnsafePath(path)
  const draft = `${path}.${randomBytes(6).toString('hex')}.ikoma`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(content)
      const { uid, gid } = await idsOf(access)
      await file.chown(uid, gid)
      await file.chmod(access.mode)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

async function makeDirectory(path: string, access: FileAccess): Promise<void> {
  await refuseUnsafePath(path)
  const { uid, gid } = await idsOf(access)
  await mkdir(path, { mode: 0o700 }).catch(ignoreExisting)
  // In a folder such as /tmp, somebody may have put a link there just now.
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOTDIR' || error.code === 'ELOOP' ? refused(path, 'is not a directory') : error
    },
  )
  try {
    await directory.chown(uid, gid)
    await directory.chmod(access.mode)
  } finally {
    await directory.close()
  }
  await syncDirectory(dirname(path))
}

async function remove(path: string): Promise<void> {
  const entry = await look(path)
  if (entry === null) return
  await refuseUnsafePath(path)
  await (entry.kind === 'directory' ? rmdir(path) : rm(path))
  await syncDirectory(dirname(path))
}

async function idsOf({ owner, group }: FileAccess): Promise<{ uid: number; gid: number }> {
  const accounts = await readAccounts()
  return { uid: accounts.uidOf(owner), gid: accounts.gidOf(group) }
}

function ignoreMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return fallback
    throw error
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

function refused(path: string, why: string): AppError {
  return new AppError('unprocessable', `${path} ${why}.`, { reason: 'unexpected_file' })
}
