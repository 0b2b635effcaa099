import type { DatabaseTool } from '../drivers/database-tool.ts'
import type { Host } from '../host.ts'
import type { Course } from '../plan.ts'
import type { Engine } from './engine.ts'
import { type Shelf, workDirOf } from './shelf.ts'

interface Place {
  host: Host
  tool: DatabaseTool
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
    // What was killed in it is cleared by a later backup, a day after.
    await host.remove(workDir).catch(() => {})
  }
}
