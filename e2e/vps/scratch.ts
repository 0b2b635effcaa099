import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Carries the id of the process that tests, so that the next run knows whether it is still in use. */
const folderName = /^ikoma-vps-(\d+)-/

/** A folder for what is started beside the hosts. Each process has it as its HOME, by which a later run finds it. */
export function newScratchFolder(): string {
  return mkdtempSync(join(tmpdir(), `ikoma-vps-${process.pid}-`))
}

export function removeScratchFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}

/** Those of runs that were killed. */
export function abandonedFolders(): string[] {
  return readdirSync(tmpdir()).flatMap((name) => {
    const owner = folderName.exec(name)?.[1]
    return owner === undefined || existsSync(`/proc/${owner}`) ? [] : [join(tmpdir(), name)]
  })
}
