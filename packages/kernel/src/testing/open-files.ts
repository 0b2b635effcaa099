import { readdirSync, readlinkSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'

// A file that is left open is closed by the garbage collector, whenever that comes by: a warning of Node by now, an error one
// day, and until then a place in the process that nobody gets. So a test file that leaves one open fails.

const inProcess = globalThis as { filesCollected?: string[] }
if (inProcess.filesCollected === undefined) {
  // Once a process, which many test files share.
  const collected: string[] = []
  inProcess.filesCollected = collected
  process.on('warning', ({ message }) => {
    if (message.includes('on garbage collection')) collected.push(message)
  })
}

let before: Map<string, string>
beforeAll(() => {
  before = openFiles()
})
afterAll(() => {
  const left = [...openFiles()].filter(([fd, path]) => before.get(fd) !== path).map(([, path]) => path)
  const closed = inProcess.filesCollected?.splice(0) ?? []
  if (left.length + closed.length > 0) throw new Error(`Close what you open: ${[...left, ...closed].join('; ')}`)
})

/** By their numbers; pipes, sockets and devices are others' to close. */
function openFiles(): Map<string, string> {
  if (process.platform !== 'linux') return new Map()
  const files = new Map<string, string>()
  for (const fd of readdirSync('/proc/self/fd')) {
    const path = pathOf(fd)
    if (path?.startsWith('/') && !/^\/(dev|proc|sys)\//.test(path)) files.set(fd, path)
  }
  return files
}

/** Null for the one that was open to read the list. */
function pathOf(fd: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return null
  }
}
