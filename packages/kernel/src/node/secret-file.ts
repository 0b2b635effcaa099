import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../errors.ts'
import { isOpenToOthers } from '../secret-access.ts'

/**
 * The content of a file only its owner can read, made by `make` when there is none. Of two processes that start
 * together both get the same content. Rejects a file that others can read.
 */
export function readOrMakeSecretFile(path: string, make: () => string): { content: string; made: boolean } {
  try {
    return { content: readSecretFile(path), made: false }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  writeDurably(draft, make())
  try {
    // link fails when somebody was quicker: then theirs is the secret.
    linkSync(draft, path)
    syncFolder(dirname(path))
    return { content: readSecretFile(path), made: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { content: readSecretFile(path), made: false }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Puts this content in the file's place, readable by its owner alone. Cut off at any moment, the old or the new one is there. */
export function replaceSecretFile(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    writeDurably(draft, content)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
  syncFolder(dirname(path))
}

/** The content of a file that its owner alone can read. Rejects one that others can read, and an empty one. */
export function readSecretFile(path: string): string {
  const content = readClosed(path).trim()
  // Left behind by a full disk, or by a redirection that failed: everybody could guess it.
  if (content === '') {
    throw new AppError('invalid', `${path} is empty. Restore it, or delete it to have it made again.`, {
      reason: 'secret_file_empty',
    })
  }
  return content
}

/** What is judged is what is read, whatever is at the path by then. */
function readClosed(path: string): string {
  const file = openSync(path, 'r')
  try {
    if (!isOpenToOthers(fstatSync(file))) return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
  throw new AppError('forbidden', `${path} can be read by others. Run: chmod 600 ${path}`, {
    reason: 'secret_file_open',
  })
}

function writeDurably(path: string, content: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, `${content}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The name too must survive a power cut: what the secret has sealed elsewhere will. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
