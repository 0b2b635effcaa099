import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

export interface LivingProcess {
  pid: number
  command: string
}

/** Every living process whose environment holds `entry`, however it detached itself from us. */
export function processesWith(entry: string): LivingProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const environment = read(`/proc/${name}/environ`)
      if (!`\0${environment}`.includes(`\0${entry}\0`)) return []
      return [{ pid: Number(name), command: commandLine(name) }]
    })
}

/** Every living process that works in the folder or holds a file of it open. */
export function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => openPaths(`/proc/${name}`).some((path) => path === folder || path.startsWith(`${folder}/`)))
    .map(Number)
}

/** What anybody on the machine can read of the running programs' arguments. */
export function allCommandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
}

function commandLine(pid: string): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
}

/** Empty for one that has ended, also for a zombie. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function openPaths(ofProcess: string): string[] {
  try {
    const descriptors = readdirSync(join(ofProcess, 'fd')).map((fd) => join(ofProcess, 'fd', fd))
    return [join(ofProcess, 'cwd'), ...descriptors].map(linked)
  } catch {
    return []
  }
}

function linked(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
