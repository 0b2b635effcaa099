import type { Course, Host } from '@ikoma/machine'
import { removeAbandoned } from './abandoned.ts'
import type { Engine } from './engines/engine.ts'
import type { BackupProgram } from './program/ask.ts'
import { type Shelf, workDirOf } from './shelf/shelf.ts'

interface Place {
  host: Host
  tool: BackupProgram
  course: Course
  shelf: Shelf
  engine: Engine
}

/** A folder of the account that the engine works as, for as long as `work` takes. */
export async function inScratch<T>(
  { host, tool, course, shelf, engine }: Place,
  id: string,
  work: (workDir: string) => Promise<T>,
): Promise<T> {
  const workDir = workDirOf(shelf, id)
  try {
    course.signal.throwIfAborted()
    await host.makeDirectory(workDir, { mode: 0o700, owner: engine.source.runAs, group: tool.self.group })
    return await work(workDir)
  } finally {
    // A folder that cannot be removed now is cleared by a later backup, a day after.
    await removeScratch(course.machineAfterStop, tool, workDir).catch(() => {})
  }
}

/** Clears the folder first: a program that was killed had no time to remove its files. */
async function removeScratch(host: Host, tool: BackupProgram, workDir: string): Promise<void> {
  const isWorkDir = (await host.list(workDir)).length > 0
  await removeAbandoned(host, tool, { path: workDir, isWorkDir })
}
