import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@ikoma/kernel'

/** What this folder's control plane knows of the versions that wrote its database; the database cannot change it. */
export interface Versions {
  /** Until when a process of the former version may write beside this one; null when this version never ran here. */
  readonly formerUntil: number | null
  noteFormerUntil(formerUntil: number): void
}

/** `versions.json` of the keys folder, readable by its owner alone. Other parts of it are kept as they are. */
export function openVersions(folder: string): Versions {
  const path = join(folder, 'versions.json')
  let content = read(path)
  return {
    get formerUntil() {
      return content.seals?.formerUntil ?? null
    },
    noteFormerUntil(formerUntil) {
      if (content.seals?.formerUntil === formerUntil) return
      content = { ...read(path), seals: { form: 2, formerUntil } }
      write(path, `${JSON.stringify(content)}\n`)
    },
  }
}

interface Content {
  seals?: { form: number; formerUntil: number }
}

function read(path: string): Content {
  try {
    if (statSync(path).mode & 0o022) {
      throw new AppError('forbidden', `${path} can be written by others. Run: chmod 600 ${path}`, {
        reason: 'secret_file_open',
      })
    }
    return JSON.parse(readFileSync(path, 'utf8')) as Content
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Whole or not at all, also after a power cut. */
function write(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}
